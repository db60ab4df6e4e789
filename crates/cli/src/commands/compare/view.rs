//! A comparison for people: whether it is fair first, then the number line, then who flipped.

use gradus_schema::comparison::{ArmSummary, Comparison, Flip, PairedEffect};

use crate::out::{Out, number, shown_model};

/// Rows of each list that are shown; all stand in the JSON.
const FLIPS_SHOWN: usize = 5;

pub fn show(comparison: &Comparison, out: &Out) {
    let verdict = comparison.verdict.to_string().to_uppercase();
    out.say(format!(
        "{verdict}: {} against {}",
        shown_model(&comparison.candidate.model),
        shown_model(&comparison.base.model)
    ));
    if comparison.is_refused() {
        out.say("These two reports may not be compared:");
        for refusal in &comparison.refusals {
            out.say(format!("  [{}] {}", refusal.code, refusal.text));
            if let (Some(base), Some(candidate)) = (&refusal.base, &refusal.candidate) {
                out.say(format!("      base {base}, candidate {candidate}"));
            }
        }
        served(comparison, out);
        return;
    }
    out.say(format!(
        "Comparable: {} rows of {}, same prompts, contract, decoding and scale.",
        comparison.rows_compared, comparison.task
    ));
    for reason in &comparison.reasons {
        out.say(format!("  {reason}"));
    }
    if let Some(primary) = &comparison.primary {
        out.say("");
        effect(comparison, primary, out);
    }
    strata(comparison, out);
    beside(comparison, out);
    flips(comparison, out);
    let all_served = |arm: &ArmSummary| arm.n_served_as_requested == arm.n_total;
    if !(all_served(&comparison.base) && all_served(&comparison.candidate)) {
        served(comparison, out);
    }
}

fn effect(comparison: &Comparison, primary: &PairedEffect, out: &Out) {
    let [low, high] = primary.improvement_interval95;
    out.say(format!(
        "{} {} → {}, improvement {:+.4}, 95 % interval {low:+.4} to {high:+.4}, margin {}",
        comparison.metric,
        number(Some(primary.base), 4),
        number(Some(primary.candidate), 4),
        primary.improvement,
        comparison.margin
    ));
    for line in number_line(primary.improvement, [low, high], comparison.margin) {
        out.say(format!("  {line}"));
    }
    if let Some(common) = &comparison.common_valid {
        out.say(format!(
            "on the {} rows that are valid in both: improvement {:+.4} ({:+.4} to {:+.4})",
            common.n,
            common.improvement,
            common.improvement_interval95[0],
            common.improvement_interval95[1]
        ));
    }
    if let Some(power) = &comparison.power {
        out.say(format!(
            "these rows show an improvement of {:.4} four times out of five",
            power.detectable_improvement
        ));
        if let (Some(rows), Some(verdict)) = (power.rows_needed, power.rows_needed_for) {
            out.say(format!("about {rows} rows would be enough for '{verdict}', if the difference is as it looks"));
        }
    }
    if let Some(noise) = &comparison.noise_floor {
        out.say(format!(
            "{} runs with different seeds are up to {:.4} apart",
            noise.n_runs, noise.floor
        ));
    }
}

/// The interval on a line, with 0 and the margin: `├──●──┤`.
pub(super) fn number_line(value: f64, [low, high]: [f64; 2], margin: f64) -> [String; 2] {
    const WIDTH: usize = 60;
    let reach = [low.abs(), high.abs(), margin, value.abs()]
        .into_iter()
        .fold(0.0, f64::max)
        * 1.1;
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let place = |x: f64| {
        let share = (x / reach + 1.0) / 2.0;
        ((share * WIDTH as f64).round() as usize).min(WIDTH)
    };
    let mut line: Vec<char> = vec![' '; WIDTH + 1];
    line[place(low)..=place(high)].fill('─');
    for (x, mark) in [
        (-margin, '┊'),
        (margin, '┊'),
        (0.0, '│'),
        (low, '├'),
        (high, '┤'),
        (value, '●'),
    ] {
        line[place(x)] = mark;
    }
    let line: String = line.into_iter().collect();
    let mut legend: Vec<char> = vec![' '; WIDTH + 1];
    for (at, text) in [(0, "worse"), (WIDTH - 5, "better"), (WIDTH / 2, "0")] {
        for (offset, letter) in text.chars().enumerate() {
            legend[at + offset] = letter;
        }
    }
    let legend: String = legend.into_iter().collect();
    [line.trim_end().to_owned(), legend.trim_end().to_owned()]
}

fn strata(comparison: &Comparison, out: &Out) {
    if comparison.strata.is_empty() {
        return;
    }
    let rows: Vec<Vec<String>> = comparison
        .strata
        .iter()
        .map(|(name, stratum)| {
            let effect = &stratum.effect;
            let [low, high] = effect.improvement_interval95;
            let mark = if stratum.regressed { " REGRESSED" } else { "" };
            vec![
                format!("{name}{mark}"),
                number(Some(effect.base), 4),
                number(Some(effect.candidate), 4),
                format!("{:+.4}", effect.improvement),
                format!("{low:+.3}…{high:+.3}"),
                probability(stratum.p_holm),
                effect.n.to_string(),
            ]
        })
        .collect();
    out.say("");
    let header = [
        "stratum",
        "base",
        "candidate",
        "improvement",
        "95 % interval",
        "p (Holm)",
        "n",
    ];
    out.table(&header, &rows);
}

/// A p-value is never 0.
fn probability(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.0001 => "<0.0001".to_owned(),
        _ => number(p, 4),
    }
}

/// Other metrics, and skill against what costs nothing.
fn beside(comparison: &Comparison, out: &Out) {
    let others = comparison
        .effects
        .iter()
        .filter(|(name, _)| **name != comparison.metric);
    let rows: Vec<Vec<String>> = others
        .map(|(name, effect)| {
            let [low, high] = effect.improvement_interval95;
            vec![
                name.clone(),
                number(Some(effect.base), 4),
                number(Some(effect.candidate), 4),
                format!("{low:+.3}…{high:+.3}"),
                probability(effect.p_value),
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.say("");
        let header = ["also", "base", "candidate", "improvement, 95 %", "p"];
        out.table(&header, &rows);
    }
    if comparison.skill.is_empty() {
        out.say("no baseline on the same rows was found: `gradus eval TASK --model ridge` gives the skill");
        return;
    }
    let rows: Vec<Vec<String>> = comparison
        .skill
        .iter()
        .map(|(name, skill)| {
            vec![
                name.clone(),
                number(Some(skill.reference), 4),
                number(skill.base, 3),
                number(skill.candidate, 3),
            ]
        })
        .collect();
    out.say("");
    out.table(&["skill against", "its score", "base", "candidate"], &rows);
}

fn flips(comparison: &Comparison, out: &Out) {
    let flips = &comparison.flips;
    out.say("");
    out.say(format!(
        "rows: {} worse, {} better, {} the same; {} broke, {} mended",
        flips.n_worse, flips.n_better, flips.n_equal, flips.n_broke, flips.n_mended
    ));
    let row = |flip: &Flip| {
        let failure = flip.candidate_failure.or(flip.base_failure);
        vec![
            flip.row.clone(),
            number(Some(flip.base), 3),
            number(Some(flip.candidate), 3),
            format!("{:+.3}", flip.improvement),
            flip.stratum.clone().unwrap_or_default(),
            failure.map_or_else(String::new, |code| code.to_string()),
        ]
    };
    let worst: Vec<_> = flips.worst.iter().take(FLIPS_SHOWN).map(row).collect();
    if !worst.is_empty() {
        let header = [
            "worst rows",
            "base",
            "candidate",
            "improvement",
            "stratum",
            "failure",
        ];
        out.table(&header, &worst);
    }
}

fn served(comparison: &Comparison, out: &Out) {
    for (arm, summary) in [
        ("base", &comparison.base),
        ("candidate", &comparison.candidate),
    ] {
        out.say("");
        out.say(format!(
            "{arm} {}: {} of {} rows answered as requested, by",
            summary.model, summary.n_served_as_requested, summary.n_total
        ));
        let widest = summary
            .served_by
            .values()
            .max()
            .copied()
            .unwrap_or(1)
            .max(1);
        for (name, count) in &summary.served_by {
            let bar = "█".repeat((count * 30).div_ceil(widest));
            out.say(format!("  {count:>6}  {bar:<30}  {name}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::number_line;

    #[test]
    fn the_line_shows_interval_margin_and_zero_in_order() {
        let [line, legend] = number_line(0.5, [0.3, 0.7], 0.1);
        let at = |mark: char| line.chars().position(|it| it == mark).unwrap();
        assert!(at('┊') < at('│') && at('│') < at('├'), "{line}");
        assert!(at('├') < at('●') && at('●') < at('┤'), "{line}");
        assert!(legend.starts_with("worse") && legend.ends_with("better"));
        // Nothing but zeros still draws.
        assert!(number_line(0.0, [0.0, 0.0], 0.0)[0].contains('●'));
    }
}
