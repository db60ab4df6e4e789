//! Cost against quality, one point a model; cost on a logarithmic axis.

use super::{Anchor, Axis, Drawing, WIDTH, fitted, tick_text};
use crate::report::number;

pub(crate) struct ScatterPoint {
    pub label: String,
    /// Above 0.
    pub x: f64,
    pub y: f64,
    pub is_subject: bool,
}

const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 40.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 280.0;

/// `None` without points.
pub(crate) fn scatter_plot(
    points: &[ScatterPoint],
    x_label: &str,
    y_label: &str,
) -> Option<String> {
    let exponents = points.iter().map(|point| point.x.log10());
    let whole = exponents.flat_map(|exponent| [exponent.floor(), exponent.ceil()]);
    let x_axis = Axis::new(whole, false, LEFT, RIGHT)?;
    let y_axis = Axis::new(points.iter().map(|point| point.y), true, BOTTOM, TOP)?;
    let mut drawing = Drawing::new(BOTTOM + 48.0, format!("{y_label} against {x_label}"));
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
    for tick in x_axis
        .ticks
        .iter()
        .filter(|tick| (*tick - tick.round()).abs() < 1e-6)
    {
        let x = x_axis.at(*tick);
        drawing.line("grid", (x, TOP), (x, BOTTOM));
        drawing.text(
            "tick",
            (x, BOTTOM + 18.0),
            Anchor::Middle,
            &number(Some(10f64.powf(*tick))),
        );
    }
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for point in points {
        let class = if point.is_subject { "subject" } else { "other" };
        let (x, y) = (x_axis.at(point.x.log10()), y_axis.at(point.y));
        drawing.circle(class, (x, y), 5.0);
        // Labels of near points go below each other.
        let mut label_y = y - 9.0;
        while taken.iter().any(|(other_x, other_y)| {
            (other_x - x).abs() < 150.0 && (other_y - label_y).abs() < 14.0
        }) {
            label_y += 14.0;
        }
        taken.push((x, label_y));
        let (anchor, x) = if x > (LEFT + RIGHT) / 2.0 {
            (Anchor::End, x - 8.0)
        } else {
            (Anchor::Start, x + 8.0)
        };
        drawing.text(class, (x, label_y), anchor, &fitted(&point.label, 28));
    }
    drawing.text(
        "axis",
        ((LEFT + RIGHT) / 2.0, BOTTOM + 40.0),
        Anchor::Middle,
        &format!("{y_label} against {x_label}"),
    );
    Some(drawing.finish())
}
