//! Curves over steps: the loss of a training.

use super::{Anchor, Axis, Drawing, WIDTH, fitted, tick_text};

pub(crate) struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 270.0;

/// `None` without points.
pub(crate) fn line_chart(curves: &[Curve], x_label: &str, y_label: &str) -> Option<String> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let x_axis = Axis::new(points().map(|(x, _)| *x), true, LEFT, RIGHT)?;
    let y_axis = Axis::new(points().map(|(_, y)| *y), true, BOTTOM, TOP)?;
    let mut drawing = Drawing::new(BOTTOM + 48.0, format!("{y_label} over {x_label}"));
    for tick in &y_axis.ticks {
        let y = y_axis.at(*tick);
        drawing.line("grid", (LEFT, y), (RIGHT, y));
        drawing.text(
            "tick",
            (LEFT - 8.0, y + 4.0),
            Anchor::End,
            &tick_text(*tick),
        );
    }
    for tick in &x_axis.ticks {
        drawing.text(
            "tick",
            (x_axis.at(*tick), BOTTOM + 18.0),
            Anchor::Middle,
            &tick_text(*tick),
        );
    }
    let width = (RIGHT - LEFT) / curves.len().max(1) as f64;
    for (index, curve) in curves.iter().enumerate() {
        let class = format!("arm{}", index % 3);
        let line = format!("curve {class}");
        let places: Vec<(f64, f64)> = curve
            .points
            .iter()
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .map(|(x, y)| (x_axis.at(*x), y_axis.at(*y)))
            .collect();
        drawing.path(&line, &places);
        for point in &places {
            drawing.circle(&class, *point, 3.5);
        }
        let x = LEFT + width * index as f64;
        drawing.rectangle(&class, (x, 8.0), 12.0, 12.0);
        drawing.text(
            "other",
            (x + 18.0, 18.0),
            Anchor::Start,
            &fitted(&curve.name, 24),
        );
    }
    drawing.text(
        "axis",
        ((LEFT + RIGHT) / 2.0, BOTTOM + 40.0),
        Anchor::Middle,
        &format!("{y_label} over {x_label}"),
    );
    Some(drawing.finish())
}
