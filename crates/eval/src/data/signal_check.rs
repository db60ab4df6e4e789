//! Whether labels can be told from inputs at all, as findings of the data check.

use std::collections::BTreeMap;

use gradus_analysis::signal::{
    MethodSkill, SignalRow, SignalVerdict, StratumSignal, equal_texts, signal,
};
use gradus_analysis::text::normalised;
use gradus_schema::{Scale, Split};

use super::check::{SeenRole, SignalFindings};
use super::findings::{Finding, Level};
use crate::Result;

pub(super) fn signal_findings(
    roles: &[SeenRole],
    fields: &[String],
    scale: Scale,
) -> Result<SignalFindings> {
    let mut spreads = BTreeMap::new();
    for role in roles {
        let (texts, labels) = labelled(role);
        spreads.insert(role.role, equal_texts(&texts, &labels));
    }
    let Some(role) = roles.first().filter(|_| !fields.is_empty()) else {
        let says = "the contract has no numbers; whether labels can be predicted was not checked";
        return Ok((
            Vec::new(),
            spreads,
            vec![Finding::new("signal", Level::Unknown, says)],
        ));
    };
    let rows: Vec<SignalRow> = role
        .rows
        .iter()
        .filter_map(|row| {
            Some(SignalRow {
                text: row.text.clone()?,
                stratum: row.stratum.clone(),
                group: row.group.clone(),
                label: row
                    .label
                    .clone()
                    .filter(|label| label.iter().all(|x| x.is_finite()))?,
            })
        })
        .collect();
    if rows.is_empty() {
        let finding = Finding::new(
            "signal",
            Level::Unknown,
            "no row has both a text and numbers",
        );
        return Ok((Vec::new(), spreads, vec![finding]));
    }
    let strata = signal(&rows, scale, 0)
        .map_err(|error| crate::Error::task(&role.path, error.to_string()))?;
    let findings = strata
        .iter()
        .map(|stratum| signal_finding(role.role, stratum))
        .collect();
    Ok((strata, spreads, findings))
}

fn labelled(role: &SeenRole) -> (Vec<String>, Vec<Vec<f64>>) {
    let rows = role.rows.iter();
    rows.filter_map(|row| Some((normalised(row.text.as_deref()?), row.label.clone()?)))
        .unzip()
}

fn signal_finding(role: Split, found: &StratumSignal) -> Finding {
    let name = match found.stratum.as_str() {
        "" => role.to_string(),
        stratum => format!("{role}, {stratum}"),
    };
    let figures = format!(
        "mean error: constant {}, ridge {}, nearest {} (n = {})",
        three(found.constant_mae),
        of_method(found.ridge.as_ref()),
        of_method(found.nearest.as_ref()),
        found.n
    );
    let mut examples = vec![figures];
    let equal = &found.equal_texts;
    if let Some(floor) = equal.floor_mae.filter(|_| equal.n_texts_in_conflict > 0) {
        examples.push(format!(
            "{} texts have several labels; the best possible answer still errs by {floor:.3}",
            equal.n_texts_in_conflict
        ));
    }
    match found.verdict {
        SignalVerdict::Predictable => Finding::new(
            "signal",
            Level::Ok,
            format!("{name}: labels are predictable from the text"),
        ),
        SignalVerdict::NotPredictable => Finding::new(
            "signal",
            Level::Fail,
            format!("{name}: labels are not predictable from the text"),
        )
        .mend(
            "answering always the same is as good as reading; training can only memorise. Make labels from the text (or the text from the labels)",
        ),
        SignalVerdict::Inconclusive => Finding::new(
            "signal",
            Level::Warn,
            format!("{name}: too few rows to say whether labels follow from the text ({} groups)", found.n_groups),
        )
        .mend("add rows; with more of them the check decides"),
    }
    .examples(examples)
}

fn of_method(method: Option<&MethodSkill>) -> String {
    let Some(method) = method else {
        return "–".to_owned();
    };
    match method.skill {
        Some(skill) => format!("{:.3} ({:+.0} % skill)", method.mae, 100.0 * skill),
        None => format!("{:.3}", method.mae),
    }
}

fn three(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}
