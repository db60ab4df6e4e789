//! Values with their intervals, one line each: a candidate against its baselines.

use super::{Anchor, Axis, Drawing, WIDTH, fitted, tick_text};
use crate::report::number;

pub(crate) struct ForestRow {
    pub label: String,
    pub value: f64,
    pub interval95: Option<[f64; 2]>,
    pub is_subject: bool,
}

const LEFT: f64 = 210.0;
const RIGHT: f64 = 650.0;
const ROW: f64 = 34.0;
const TOP: f64 = 12.0;

/// `None` without rows.
pub(crate) fn forest_plot(rows: &[ForestRow], unit: &str) -> Option<String> {
    let values = rows
        .iter()
        .flat_map(|row| row.interval95.into_iter().flatten().chain([row.value]));
    let axis = Axis::new(values, true, LEFT, RIGHT)?;
    let bottom = TOP + ROW * rows.len() as f64;
    let mut drawing = Drawing::new(bottom + 48.0, format!("{unit} with 95 % intervals"));
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
    for (index, row) in rows.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        let class = if row.is_subject { "subject" } else { "other" };
        drawing.text(
            class,
            (LEFT - 14.0, y + 4.0),
            Anchor::End,
            &fitted(&row.label, 24),
        );
        if let Some([low, high]) = row.interval95 {
            let (from, to) = (axis.at(low), axis.at(high));
            drawing.line(class, (from, y), (to, y));
            drawing.line(class, (from, y - 5.0), (from, y + 5.0));
            drawing.line(class, (to, y - 5.0), (to, y + 5.0));
        }
        drawing.circle(class, (axis.at(row.value), y), 5.0);
        drawing.text(
            "value",
            (WIDTH - 4.0, y + 4.0),
            Anchor::End,
            &number(Some(row.value)),
        );
    }
    drawing.text(
        "axis",
        ((LEFT + RIGHT) / 2.0, bottom + 40.0),
        Anchor::Middle,
        unit,
    );
    Some(drawing.finish())
}
