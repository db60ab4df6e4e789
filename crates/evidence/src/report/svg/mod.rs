//! Plots as SVG text: same figures, same bytes. Colours come from the page's classes, so that a
//! plot follows dark and light; every plot has a title for those who hear it.

pub mod bars;
pub mod forest;
pub mod line;
pub mod scatter;

use std::fmt::Write as _;

use super::html::escape;
use super::number;

/// Width of every plot in user units; the page scales it.
pub(crate) const WIDTH: f64 = 720.0;

/// A drawing under way.
pub(crate) struct Drawing {
    body: String,
    height: f64,
    title: String,
}

/// Where a text is held.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    pub(crate) fn new(height: f64, title: impl Into<String>) -> Self {
        Self {
            body: String::new(),
            height,
            title: title.into(),
        }
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.add(format_args!(
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            place(from.0),
            place(from.1),
            place(to.0),
            place(to.1)
        ));
    }

    pub(crate) fn circle(&mut self, class: &str, at: (f64, f64), radius: f64) {
        self.add(format_args!(
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            place(at.0),
            place(at.1),
            place(radius)
        ));
    }

    pub(crate) fn rectangle(&mut self, class: &str, at: (f64, f64), width: f64, height: f64) {
        self.add(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
            place(at.0),
            place(at.1),
            place(width.max(0.0)),
            place(height.max(0.0))
        ));
    }

    pub(crate) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut steps = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            // Writing into a String can't fail.
            let _ = write!(steps, "{letter}{} {}", place(*x), place(*y));
        }
        self.add(format_args!("<path class=\"{class}\" d=\"{steps}\"/>"));
    }

    pub(crate) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            place(at.0),
            place(at.1),
            escape(text)
        ));
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = write!(self.body, "\n{element}");
    }

    pub(crate) fn finish(self) -> String {
        format!(
            "<svg role=\"img\" viewBox=\"0 0 {} {}\" xmlns=\"http://www.w3.org/2000/svg\"><title>{}</title>{}\n</svg>",
            place(WIDTH),
            place(self.height),
            escape(&self.title),
            self.body
        )
    }
}

/// A coordinate with one decimal.
fn place(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A linear axis with round ticks that covers all values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    pub ticks: Vec<f64>,
}

impl Axis {
    /// `from` and `to`: coordinates of the axis' ends. `None` without finite values.
    pub(crate) fn new(
        values: impl Iterator<Item = f64>,
        with_zero: bool,
        from: f64,
        to: f64,
    ) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low.is_nan() || high.is_nan() || low > high {
            return None;
        }
        if with_zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low < 1e-9 * low.abs().max(high.abs()).max(1e-9) {
            let widen = low.abs().max(1.0) * 0.5;
            (low, high) = (low - widen, high + widen);
        }
        let step = round_step((high - low) / 5.0);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let count = (last - first).clamp(1.0, 50.0) as usize;
        let ticks: Vec<f64> = (0..=count)
            .map(|index| (first + index as f64) * step)
            .collect();
        Some(Self {
            low: first * step,
            high: last * step,
            from,
            to,
            ticks,
        })
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }
}

/// 1, 2 or 5 times a power of ten, not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    for factor in [1.0, 2.0, 5.0] {
        if factor * power >= rough * (1.0 - 1e-9) {
            return factor * power;
        }
    }
    10.0 * power
}

pub(crate) fn tick_text(value: f64) -> String {
    if value.abs() < 1e-12 {
        "0".to_owned()
    } else {
        number(Some(value))
    }
}

/// A label that fits into so many letters.
pub(crate) fn fitted(label: &str, letters: usize) -> String {
    match label.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_ticks_and_survive_odd_values() {
        let axis = Axis::new([0.13, 2.47].into_iter(), true, 100.0, 200.0).unwrap();
        assert_eq!(axis.ticks, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
        assert_eq!(
            (axis.at(0.0), axis.at(2.5), axis.at(99.0)),
            (100.0, 200.0, 200.0)
        );
        assert!(Axis::new(std::iter::empty(), true, 0.0, 1.0).is_none());
        assert!(Axis::new([f64::NAN].into_iter(), true, 0.0, 1.0).is_none());
        let single = Axis::new([3.0].into_iter(), false, 0.0, 10.0).unwrap();
        assert!((single.at(3.0) - 5.0).abs() < 3.0);
        assert!(Axis::new([1e300, -1e300].into_iter(), false, 0.0, 1.0).is_some());
    }
}
