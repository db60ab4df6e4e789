//! Rows, reports and recipes for the tests of planning.

use std::collections::BTreeMap;

use gradus_schema::comparison::{ArmSummary, EffectMethod, Flips, PairedEffect};
use gradus_schema::record::{Answer, AnswerMode, AnsweredBy, Cost, CostBasis, TokenCounts};
use gradus_schema::task::Direction;
use gradus_schema::{
    ChatMessage, Comparison, EvalReport, EvalRow, FailureCode, Metric, PrimaryScore, Recipe, Scale,
    Split, Verdict,
};
use serde_json::{Value, json};

pub fn recipe() -> Recipe {
    Recipe::from_yaml("model: m\ntask: .\noutput_dir: outputs/first\n").expect("a sound recipe")
}

pub fn answered_by() -> AnsweredBy {
    AnsweredBy {
        model: "m".into(),
        revision: "r".into(),
        adapter_sha256: Some("a".into()),
        backend: "native".into(),
    }
}

/// A `dev` row on the scale 0 to 10.
pub fn row(id: &str, text: &str, target: Value, parsed: Result<Value, FailureCode>) -> EvalRow {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_f64);
    let fields: Vec<String> = target
        .as_object()
        .map(|it| it.keys().cloned().collect())
        .unwrap_or_default();
    let mut errors = BTreeMap::new();
    if let Ok(parsed) = &parsed {
        for key in &fields {
            if let (Some(found), Some(expected)) = (number(parsed, key), number(&target, key)) {
                errors.insert(key.clone(), (found - expected).abs());
            }
        }
    }
    let penalised = match &parsed {
        Ok(_) if errors.is_empty() => None,
        Ok(_) => Some(errors.values().sum::<f64>() / errors.len() as f64),
        Err(_) => Some(5.0),
    };
    let answer = Answer {
        mode: AnswerMode::Constrained,
        raw: None,
        failure: parsed.as_ref().err().copied(),
        parsed: parsed.ok(),
        lenient_valid: true,
        absolute_errors: errors,
        mae_penalised: penalised,
        answered_by: answered_by(),
        latency_secs: 0.1,
        tokens: TokenCounts::default(),
        cost: Cost {
            usd: None,
            basis: CostBasis::LocalUnpriced,
        },
        served_as_requested: true,
        attempts: Vec::new(),
        median_fallbacks: 0,
        grades: BTreeMap::new(),
        judgements: BTreeMap::new(),
    };
    EvalRow {
        id: id.into(),
        row: 1,
        split: Split::Dev,
        strata: BTreeMap::new(),
        prompt_sha256: String::new(),
        messages: vec![ChatMessage::new("user", text)],
        target,
        constrained: Some(answer),
        unconstrained: None,
    }
}

pub fn metric(value: f64, n: usize) -> Metric {
    Metric {
        value: Some(value),
        n,
        n_total: n,
        interval95: None,
        unit: "scale units".into(),
        scale: None,
    }
}

pub fn report(split: Split, mae: f64, valid: f64, n: usize) -> EvalReport {
    EvalReport {
        format_version: 1,
        task: "t".into(),
        split,
        data_sha256: "d".into(),
        prompt_sha256: "p".into(),
        contract_sha256: "c".into(),
        rendered_prompts_sha256: "r".into(),
        model: "m+outputs/first".into(),
        answered_by: answered_by(),
        decode: json!({"constrained": {"numbers": "median"}, "max_new_tokens": 40}),
        scale: Scale {
            min: 0.0,
            max: 10.0,
        },
        primary_score: PrimaryScore::default(),
        n_total: n,
        n_answered: n,
        metrics: BTreeMap::from([
            ("mae_penalised".into(), metric(mae, n)),
            ("strict_valid_rate".into(), metric(valid, n)),
        ]),
        strata: BTreeMap::new(),
        failures: BTreeMap::new(),
        wall_secs: 12.0,
        gradus_version: "0".into(),
        graders_sha256: String::new(),
        served_by: BTreeMap::new(),
    }
}

/// A comparison of `mae_penalised` over 50 rows.
pub fn comparison(verdict: Verdict, improvement: f64, interval: [f64; 2]) -> Comparison {
    let effect = PairedEffect {
        n: 50,
        n_changed: 30,
        base: 1.0,
        candidate: 1.0 - improvement,
        difference: -improvement,
        interval95: [-interval[1], -interval[0]],
        improvement,
        improvement_interval95: interval,
        standard_deviation: 0.5,
        p_value: None,
        method: EffectMethod::PairedT,
    };
    let refused = verdict == Verdict::Refused;
    Comparison {
        format_version: 1,
        verdict,
        refusals: Vec::new(),
        differences: Vec::new(),
        reasons: Vec::new(),
        task: "t".into(),
        split: Some(Split::Frozen),
        data_sha256: None,
        metric: "mae_penalised".into(),
        direction: Direction::Minimize,
        scale: None,
        margin: 0.0,
        base: ArmSummary::default(),
        candidate: ArmSummary::default(),
        rows_compared: if refused { 0 } else { 50 },
        primary: (!refused).then_some(effect),
        common_valid: None,
        effects: BTreeMap::new(),
        strata: BTreeMap::new(),
        flips: Flips::default(),
        power: None,
        noise_floor: None,
        skill: BTreeMap::new(),
        resamples: 2000,
        seed: 1,
        failing_rows: Vec::new(),
    }
}
