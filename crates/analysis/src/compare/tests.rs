//! Refusals come before numbers; verdicts follow the interval.

use gradus_schema::comparison::RefusalCode;
use gradus_schema::{AnsweredBy, FailureCode, Scale, Split, Verdict};
use serde_json::json;

use super::side::count_rows;
use super::*;

/// An arm whose row `i` has this error; NaN-free and all served.
fn side(name: &str, errors: &[f64]) -> Side {
    let rows: Vec<ScoredRow> = errors
        .iter()
        .enumerate()
        .map(|(index, error)| ScoredRow {
            id: format!("r{index}"),
            stratum: Some(if index % 2 == 0 { "even" } else { "odd" }.to_owned()),
            prompt: index as u128,
            target: 1,
            answer: Some(error.to_bits().into()),
            served_as_requested: true,
            failure: None,
            values: vec![Some(*error), Some(1.0)],
        })
        .collect();
    let mut side = Side::default();
    side.summary.model = name.to_owned();
    side.summary.scale = Some(Scale {
        min: 0.0,
        max: 10.0,
    });
    side.summary.answered_by = Some(AnsweredBy {
        model: name.to_owned(),
        revision: name.to_owned(),
        adapter_sha256: None,
        backend: "native".to_owned(),
    });
    count_rows(&mut side.summary, &rows, &vec![name.to_owned(); rows.len()]);
    side.conditions.split = Some(Split::Frozen);
    side.conditions.data_sha256 = Some("data".to_owned());
    side.conditions.primary_score = Some(PrimaryScore::default());
    side.conditions.decode = json!({"temperature": 0.0});
    let metric = |name: &str, direction| RowMetric {
        name: name.to_owned(),
        direction,
    };
    side.metrics = vec![
        metric("mae_penalised", Direction::Minimize),
        metric("strict_valid_rate", Direction::Maximize),
    ];
    side.rows = Some(rows);
    side
}

fn errors(rows: usize, shift: f64) -> Vec<f64> {
    // A fixed, uneven pattern; the second term makes the arms differ from row to row.
    let wave = |index: usize| (index * 7 % 13) as f64 / 4.0;
    let own = |index: usize| (index * 11 % 17) as f64 / 16.0 * shift.abs().min(1.0);
    (0..rows)
        .map(|index| 1.0 + wave(index) + own(index) + shift)
        .collect()
}

fn codes(comparison: &Comparison) -> Vec<RefusalCode> {
    comparison
        .refusals
        .iter()
        .map(|refusal| refusal.code)
        .collect()
}

#[track_caller]
fn refused(base: &Side, candidate: &Side, code: RefusalCode) {
    let comparison = compare(base, candidate, &[], &CompareOptions::default());
    assert_eq!(comparison.verdict, Verdict::Refused);
    assert!(
        codes(&comparison).contains(&code),
        "{:?}",
        comparison.refusals
    );
    assert_eq!(
        (
            comparison.primary,
            comparison.candidate.primary,
            comparison.effects.len()
        ),
        (None, None, 0)
    );
}

#[test]
fn verdicts_follow_the_interval_and_the_margin() {
    let base = side("base", &errors(200, 0.0));
    let verdict = |shift: f64, margin: f64| {
        let options = CompareOptions {
            margin: Some(margin),
            ..CompareOptions::default()
        };
        compare(
            &base,
            &side("candidate", &errors(200, shift)),
            &[],
            &options,
        )
        .verdict
    };
    // Each shift adds up to half of itself in noise, so the means move by 0.5 to 1.5 of it.
    assert_eq!(verdict(-0.8, 0.0), Verdict::Better);
    assert_eq!(verdict(0.5, 0.0), Verdict::Worse);
    assert_eq!(verdict(0.5, 5.0), Verdict::Equivalent);
    let same_size = verdict(0.5, 0.745);
    assert!(matches!(
        same_size,
        Verdict::Inconclusive | Verdict::Equivalent
    ));
}

#[test]
fn an_inconclusive_comparison_says_what_would_settle_it() {
    let base = errors(60, 0.0);
    // Every other row a little better, every other a little less worse.
    let candidate: Vec<f64> = base
        .iter()
        .enumerate()
        .map(|(index, error)| error + if index % 2 == 0 { -1.0 } else { 0.875 })
        .collect();
    let comparison = compare(
        &side("base", &base),
        &side("candidate", &candidate),
        &[],
        &CompareOptions::default(),
    );
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    let power = comparison.power.unwrap();
    assert_eq!(power.rows_needed_for, Some(Verdict::Better));
    // ((1.96 + 0.84) · 0.945 / 0.0625)²
    assert!(
        (1780..1810).contains(&power.rows_needed.unwrap()),
        "{power:?}"
    );
    assert!(
        (power.detectable_improvement - 0.35).abs() < 0.02,
        "{power:?}"
    );
    // Each stratum by itself is clear, and Holm keeps it so.
    assert!(comparison.strata["odd"].regressed && !comparison.strata["even"].regressed);
    let flips = &comparison.flips;
    assert_eq!((flips.n_worse, flips.n_better, flips.n_equal), (30, 30, 0));
    assert_eq!(flips.worst[0].row, "r1");
    assert!(flips.worst[0].improvement < 0.0 && flips.best[0].improvement > 0.0);
}

#[test]
fn few_rows_or_few_changes_settle_nothing() {
    let base = side("base", &errors(12, 0.0));
    let candidate = side("candidate", &errors(12, -1.0));
    let comparison = compare(&base, &candidate, &[], &CompareOptions::default());
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert!(comparison.reasons[0].contains("too few"));

    let base = vec![2.0; 100];
    let mut few = base.clone();
    few[..5].copy_from_slice(&[0.0, 0.1, 0.2, 0.1, 0.3]);
    let comparison = compare(
        &side("base", &base),
        &side("candidate", &few),
        &[],
        &CompareOptions::default(),
    );
    assert_ne!(comparison.verdict, Verdict::Better);
}

#[test]
fn seed_noise_is_no_improvement() {
    let (base, candidate) = (
        side("base", &errors(200, 0.0)),
        side("candidate", &errors(200, -0.3)),
    );
    let with = |repeated_runs: Vec<f64>| {
        let options = CompareOptions {
            repeated_runs,
            ..CompareOptions::default()
        };
        compare(&base, &candidate, &[], &options)
    };
    assert_eq!(with(vec![]).verdict, Verdict::Better);
    assert!(with(vec![]).noise_floor.is_none());
    let own = with(vec![]).candidate.primary.unwrap();
    let noisy = with(vec![own + 0.3, own - 0.2]);
    assert_eq!(noisy.verdict, Verdict::Inconclusive);
    assert!(
        noisy.reasons[0].contains("different seeds"),
        "{:?}",
        noisy.reasons
    );
    assert_eq!(
        with(vec![own + 0.001, own - 0.001]).verdict,
        Verdict::Better
    );
}

#[test]
fn what_differs_refuses_before_any_number() {
    let base = side("base", &errors(40, 0.0));
    let candidate = || side("candidate", &errors(40, -0.5));
    let change = |change: fn(&mut Side), code| {
        let mut changed = candidate();
        change(&mut changed);
        refused(&base, &changed, code);
    };
    change(
        |it| {
            it.summary.scale = Some(Scale {
                min: 0.0,
                max: 100.0,
            })
        },
        RefusalCode::ScaleDiffers,
    );
    change(|it| it.summary.scale = None, RefusalCode::ScaleDiffers);
    change(
        |it| it.conditions.data_sha256 = None,
        RefusalCode::RowsDiffer,
    );
    change(
        |it| it.conditions.split = Some(Split::Dev),
        RefusalCode::SplitDiffers,
    );
    change(
        |it| it.conditions.rendered_prompts_sha256 = Some("x".into()),
        RefusalCode::PromptDiffers,
    );
    change(
        |it| it.conditions.contract_sha256 = Some("x".into()),
        RefusalCode::ContractDiffers,
    );
    change(
        |it| it.conditions.decode = json!({"temperature": 0.1}),
        RefusalCode::DecodeDiffers,
    );
    change(
        |it| it.conditions.format_version = Some(2),
        RefusalCode::FormatDiffers,
    );
    change(
        |it| it.conditions.primary_score.as_mut().unwrap().metric = "exact_match_rate".into(),
        RefusalCode::MetricDiffers,
    );
    change(|it| it.rows = None, RefusalCode::RowsMissing);
    change(
        |it| it.rows.as_mut().unwrap()[3].prompt = 99,
        RefusalCode::RowsDiffer,
    );
    change(
        |it| it.rows.as_mut().unwrap()[3].target = 99,
        RefusalCode::RowsDiffer,
    );
    change(
        |it| it.rows.as_mut().unwrap()[3].id = "other".into(),
        RefusalCode::RowsDiffer,
    );
    change(
        |it| it.rows.as_mut().unwrap()[3].values[0] = None,
        RefusalCode::ScoreMissing,
    );
    change(
        |it| it.rows.as_mut().unwrap()[3].values[0] = Some(f64::NAN),
        RefusalCode::ScoreMissing,
    );
    change(|it| it.summary.n_valid = 0, RefusalCode::NoValidRow);
    change(
        |it| it.summary.n_served_as_requested = 37,
        RefusalCode::NotServedAsRequested,
    );
    change(
        |it| it.summary.answered_by.as_mut().unwrap().revision = "base".into(),
        RefusalCode::SameArtefact,
    );
    let mut same_answers = candidate();
    same_answers.rows = base.rows.clone();
    refused(&base, &same_answers, RefusalCode::IdenticalAnswers);
    // 38 of 40 are 95 %, which is enough; the decoding of a baseline does not exist.
    let mut fine = candidate();
    fine.summary.n_served_as_requested = 38;
    fine.summary.answered_by.as_mut().unwrap().backend = "baseline".into();
    fine.conditions.decode = serde_json::Value::Null;
    fine.conditions.gradus_version = Some("9".into());
    let comparison = compare(&base, &fine, &[], &CompareOptions::default());
    assert_eq!(codes(&comparison), []);
    let fields: Vec<&str> = comparison
        .differences
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    assert_eq!(
        fields,
        ["gradus_version", "decode", "model", "revision", "backend"]
    );
}

#[test]
fn rates_need_mcnemar_as_well() {
    let rate = |name: &str, valid: &dyn Fn(usize) -> bool| {
        let mut side = side(name, &errors(100, 0.0));
        side.metrics.swap(0, 1);
        side.conditions.primary_score = Some(PrimaryScore {
            metric: "strict_valid_rate".to_owned(),
            direction: Direction::Maximize,
            margin: None,
        });
        for (index, row) in side.rows.as_mut().unwrap().iter_mut().enumerate() {
            let is_valid = valid(index);
            row.values = vec![Some(f64::from(u8::from(is_valid))), Some(1.0)];
            row.failure = (!is_valid).then_some(FailureCode::NotInt);
            row.answer = Some(u128::from(is_valid) + 7);
        }
        side
    };
    let verdict = |mended: usize| {
        let base = rate("base", &|index| index >= 20);
        let candidate = rate("candidate", &|index| index >= 20 - mended);
        compare(&base, &candidate, &[], &CompareOptions::default())
    };
    assert_eq!(verdict(4).verdict, Verdict::Inconclusive);
    let comparison = verdict(12);
    assert_eq!(comparison.verdict, Verdict::Better);
    assert_eq!(
        (comparison.flips.n_mended, comparison.flips.n_broke),
        (12, 0)
    );
    assert_eq!(comparison.failing_rows.len(), 8);
    let effect = comparison.primary.unwrap();
    assert!((effect.p_value.unwrap() - 2.0 * 0.5f64.powi(12)).abs() < 1e-12);
}

#[test]
fn skill_is_measured_on_the_same_rows() {
    let base = side("base", &errors(40, 0.0));
    let candidate = side("candidate", &errors(40, -0.5));
    let mut constant = side("constant", &errors(40, 1.0));
    constant.summary.answered_by.as_mut().unwrap().backend = "baseline".into();
    let mut foreign = side("ridge", &errors(40, 1.0));
    foreign.conditions.data_sha256 = Some("other rows".into());
    let comparison = compare(
        &base,
        &candidate,
        &[&constant, &foreign],
        &CompareOptions::default(),
    );
    assert_eq!(comparison.skill.keys().collect::<Vec<_>>(), ["constant"]);
    let skill = &comparison.skill["constant"];
    let expected = 1.0 - comparison.candidate.primary.unwrap() / skill.reference;
    assert!((skill.candidate.unwrap() - expected).abs() < 1e-12);
    assert!(skill.base.unwrap() < skill.candidate.unwrap());
}

proptest::proptest! {
    #[test]
    fn swapping_the_arms_mirrors_the_verdict(
        pairs in proptest::collection::vec((0u8..40, 0u8..40), 2..80),
        margin in 0.0f64..2.0,
    ) {
        let arm = |name: &str, pick: fn(&(u8, u8)) -> u8| {
            side(name, &pairs.iter().map(|pair| f64::from(pick(pair)) / 4.0).collect::<Vec<_>>())
        };
        let (one, other) = (arm("one", |it| it.0), arm("other", |it| it.1));
        let options = CompareOptions { margin: Some(margin), resamples: 50, ..CompareOptions::default() };
        let (there, back) = (compare(&one, &other, &[], &options), compare(&other, &one, &[], &options));
        let (Some(a), Some(b)) = (there.primary, back.primary) else {
            proptest::prop_assert_eq!(there.verdict, back.verdict);
            return Ok(());
        };
        proptest::prop_assert!((a.improvement + b.improvement).abs() < 1e-9);
        // The resamples mirror, the nearest rank only almost: no claim may turn around.
        let contradiction = matches!(
            (there.verdict, back.verdict),
            (Verdict::Better, Verdict::Better) | (Verdict::Worse, Verdict::Worse)
        );
        proptest::prop_assert!(!contradiction);
        proptest::prop_assert!(a.improvement_interval95[0] <= a.improvement_interval95[1]);
    }
}
