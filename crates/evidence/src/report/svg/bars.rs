//! Groups of bars with intervals: the error of each dimension for a few models.

use super::{Anchor, Axis, Drawing, WIDTH, fitted, tick_text};

pub(crate) struct BarGroup {
    pub label: String,
    /// Value and interval per model, in the legend's order.
    pub bars: Vec<(Option<f64>, Option<[f64; 2]>)>,
}

const LEFT: f64 = 130.0;
const RIGHT: f64 = WIDTH - 20.0;
const BAR: f64 = 12.0;
const TOP: f64 = 34.0;

/// `None` without a single value.
pub(crate) fn bar_chart(groups: &[BarGroup], legend: &[&str], unit: &str) -> Option<String> {
    let values = groups.iter().flat_map(|group| {
        let bars = group.bars.iter();
        bars.flat_map(|(value, interval)| (*interval).into_iter().flatten().chain(*value))
    });
    let axis = Axis::new(values, true, LEFT, RIGHT)?;
    let group_height = BAR * legend.len() as f64 + 16.0;
    let bottom = TOP + group_height * groups.len() as f64;
    let mut drawing = Drawing::new(bottom + 48.0, format!("{unit}, per dimension"));
    draw_legend(&mut drawing, legend);
    for tick in &axis.ticks {
        let x = axis.at(*tick);
        drawing.line("grid", (x, TOP), (x, bottom));
        drawing.text(
            "tick",
            (x, bottom + 18.0),
            Anchor::Middle,
            &tick_text(*tick),
        );
    }
    for (index, group) in groups.iter().enumerate() {
        let top = TOP + group_height * index as f64 + 8.0;
        let middle = top + BAR * legend.len() as f64 / 2.0;
        drawing.text(
            "other",
            (LEFT - 12.0, middle + 4.0),
            Anchor::End,
            &fitted(&group.label, 16),
        );
        for (arm, (value, interval)) in group.bars.iter().enumerate() {
            let y = top + BAR * arm as f64;
            let Some(value) = value.filter(|value| value.is_finite()) else {
                continue;
            };
            let (zero, end) = (axis.at(0.0), axis.at(value));
            drawing.rectangle(
                &format!("arm{arm}"),
                (zero.min(end), y + 1.0),
                (end - zero).abs(),
                BAR - 2.0,
            );
            if let Some([low, high]) = interval {
                let y = y + BAR / 2.0;
                drawing.line("whisker", (axis.at(*low), y), (axis.at(*high), y));
            }
        }
    }
    drawing.text(
        "axis",
        ((LEFT + RIGHT) / 2.0, bottom + 40.0),
        Anchor::Middle,
        unit,
    );
    Some(drawing.finish())
}

fn draw_legend(drawing: &mut Drawing, legend: &[&str]) {
    let width = (RIGHT - LEFT) / legend.len().max(1) as f64;
    for (arm, name) in legend.iter().enumerate() {
        let x = LEFT + width * arm as f64;
        drawing.rectangle(&format!("arm{arm}"), (x, 8.0), 12.0, 12.0);
        drawing.text("other", (x + 18.0, 18.0), Anchor::Start, &fitted(name, 24));
    }
}
