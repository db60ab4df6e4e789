//! Packing, opening and verifying a small made-up folder.

use std::collections::BTreeMap;

use gradus_schema::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::material::Evaluation;
use crate::verify::{Inside, Recompute, Rederived, Verification, verify};
use crate::{PublicKey, open};

const TASK: &str = "name: toy
description: Two rows that say what a page looks like.
data: {frozen: frozen.jsonl}
prompt: prompt.jinja
target: target
contract: contract.schema.json
scale: {min: 0, max: 10}
";

/// A task, the evaluations of a base and of its adapter, and the training between them.
pub(crate) fn sample_files() -> Files {
    let mut files = Files::from([
        ("task.yaml".to_owned(), TASK.into()),
        ("prompt.jinja".to_owned(), b"{{ text }}".to_vec()),
        ("contract.schema.json".to_owned(), b"{}".to_vec()),
        ("frozen.jsonl".to_owned(), b"{}\n".to_vec()),
        ("outputs/recipe.resolved.yaml".to_owned(), b"seed: 42\n".to_vec()),
        (
            "outputs/run_manifest.json".to_owned(),
            json!({"gradus_version": "0.1.0", "timestamp": "2026-01-02T03:04:05Z", "model_id": "m",
                "base": {"sha256": "ba"}, "adapter_sha256": "ad", "seed": 42, "threads": 2,
                "config_path": "recipe.resolved.yaml",
                "outputs": {"recipe.resolved.yaml": sha256_hex(b"seed: 42\n")}})
            .to_string()
            .into_bytes(),
        ),
        (
            "outputs/final_metrics.json".to_owned(),
            json!({"train": {"steps": 20, "train_loss": 0.5, "train_runtime": 3.2}, "eval": {"eval_loss": 0.25}})
                .to_string()
                .into_bytes(),
        ),
        (
            "outputs/iter_eval_metrics.jsonl".to_owned(),
            b"{\"step\":10,\"eval_loss\":0.75}\n{\"step\":20,\"eval_loss\":0.25}\n".to_vec(),
        ),
    ]);
    add_evaluation(&mut files, "reports/base", None, [2.0, 4.0]);
    add_evaluation(&mut files, "reports/tuned", Some("ad"), [1.0, 2.0]);
    files
}

fn add_evaluation(files: &mut Files, folder: &str, adapter: Option<&str>, costs: [f64; 2]) {
    let answered_by = AnsweredBy {
        model: "m".into(),
        revision: "ba".into(),
        adapter_sha256: adapter.map(str::to_owned),
        backend: "native".into(),
    };
    let rows: Vec<EvalRow> = costs
        .iter()
        .enumerate()
        .map(|(index, cost)| EvalRow {
            id: format!("row-{}", index + 1),
            row: index + 1,
            split: Split::Frozen,
            strata: BTreeMap::new(),
            prompt_sha256: "pr".into(),
            messages: vec![ChatMessage::new("user", "say <script>alert(1)</script>")],
            target: json!({"warmth": 5}),
            constrained: None,
            unconstrained: Some(Answer {
                mode: AnswerMode::Unconstrained,
                raw: Some(format!("{{\"warmth\":{}}}", 5.0 + cost)),
                parsed: Some(json!({"warmth": 5.0 + cost})),
                failure: None,
                lenient_valid: true,
                absolute_errors: BTreeMap::from([("warmth".to_owned(), *cost)]),
                mae_penalised: Some(*cost),
                answered_by: answered_by.clone(),
                latency_secs: 0.5,
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
            }),
        })
        .collect();
    let report = EvalReport {
        format_version: 1,
        task: "toy".into(),
        split: Split::Frozen,
        data_sha256: "da".into(),
        prompt_sha256: "pt".into(),
        contract_sha256: "co".into(),
        rendered_prompts_sha256: "re".into(),
        graders_sha256: String::new(),
        served_by: BTreeMap::new(),
        model: format!("m{}", adapter.map_or("", |_| "+outputs")),
        answered_by,
        decode: json!({"temperature": 0.0}),
        scale: Scale {
            min: 0.0,
            max: 10.0,
        },
        primary_score: PrimaryScore::default(),
        n_total: 2,
        n_answered: 2,
        metrics: metrics(&rows),
        strata: BTreeMap::new(),
        failures: BTreeMap::new(),
        wall_secs: 1.0,
        gradus_version: "0.1.0".into(),
    };
    let lines: String = rows.iter().map(|row| format!("{}\n", json!(row))).collect();
    files.insert(format!("{folder}/rows.jsonl"), lines.into_bytes());
    files.insert(
        format!("{folder}/eval_summary.json"),
        pretty(&json!(report)),
    );
    let manifest = json!({"task_sha256": sha256_hex(TASK.as_bytes())});
    files.insert(
        format!("{folder}/run_manifest.json"),
        manifest.to_string().into_bytes(),
    );
}

fn metrics(rows: &[EvalRow]) -> BTreeMap<String, Metric> {
    let costs: Vec<f64> = rows
        .iter()
        .filter_map(|row| row.unconstrained.as_ref()?.mae_penalised)
        .collect();
    let mean = Metric {
        value: Some(costs.iter().sum::<f64>() / costs.len() as f64),
        n: costs.len(),
        n_total: rows.len(),
        interval95: Some([costs[0], costs[1]]),
        unit: "scale units".into(),
        scale: None,
    };
    let latency = Metric {
        value: Some(0.5),
        interval95: None,
        unit: "secs".into(),
        ..mean.clone()
    };
    BTreeMap::from([
        ("mae_penalised".to_owned(), mean.clone()),
        ("mae_raw_warmth".to_owned(), mean),
        ("latency_secs_p50".to_owned(), latency),
        ("mae_valid".to_owned(), Metric::undefined(2, "scale units")),
    ])
}

/// A scorer for the toy: the cost of a row is how far the raw number is from 5.
struct Toy;

impl Recompute for Toy {
    fn evaluation(&self, _: &Inside<'_>, recorded: &Evaluation) -> Result<Rederived, String> {
        let mut rows = recorded.rows.clone();
        for row in &mut rows {
            let answer = row.unconstrained.as_mut().ok_or("no answer")?;
            let raw: Value = serde_json::from_str(answer.raw.as_deref().unwrap_or_default())
                .map_err(|error| error.to_string())?;
            let cost = raw["warmth"].as_f64().map(|value| (value - 5.0).abs());
            answer.mae_penalised = cost;
            answer.absolute_errors = cost
                .map(|cost| ("warmth".to_owned(), cost))
                .into_iter()
                .collect();
            answer.parsed = Some(raw);
        }
        let report = EvalReport {
            metrics: metrics(&rows),
            ..recorded.report.clone()
        };
        Ok(Rederived { report, rows })
    }
}

fn packed(files: Files, key: Option<&SecretKey>) -> Result<Packed> {
    pack(
        files,
        &PackOptions {
            gradus_version: "0.1.0",
            roots: &[],
            key,
        },
    )
}

fn verified(bytes: &[u8]) -> Result<Verification> {
    verify(bytes, None, &Toy)
}

#[test]
fn what_is_packed_verifies_and_repeats() {
    let first = packed(sample_files(), None).unwrap();
    assert_eq!(first.bytes, packed(sample_files(), None).unwrap().bytes);
    let found = verified(&first.bytes).unwrap();
    assert!(
        found.is_verified(),
        "{:?} {:?}",
        found.differences,
        found.problems
    );
    assert_eq!((found.rows_rescored, found.signer), (4, None));
    assert!(found.figures_recomputed > 50);
    let opened = open(&first.bytes).unwrap();
    assert_eq!(opened.files, sample_files());
    let table = String::from_utf8(opened.derived["before_after_metrics.csv"].clone()).unwrap();
    assert!(
        table.contains("mae_penalised,3,1.5,-1.5,2,2,scale units"),
        "{table}"
    );
    assert!(table.contains("mae_valid,,,,0,0,scale units"), "{table}");
    assert_eq!(
        opened.manifest.timestamp.as_deref(),
        Some("2026-01-02T03:04:05Z")
    );
}

#[test]
fn every_changed_byte_is_found() {
    let key = SecretKey::from_seed([3; 32]);
    for key in [None, Some(&key)] {
        let bytes = packed(sample_files(), key).unwrap().bytes;
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(verified(&changed).is_err(), "byte {at} of {}", bytes.len());
        }
        for length in (0..bytes.len()).step_by(97) {
            assert!(verified(&bytes[..length]).is_err());
        }
    }
}

#[test]
fn figures_that_do_not_follow_are_listed() {
    // The liar packs properly: all hashes are right, only the number is not.
    let mut files = sample_files();
    let name = "reports/tuned/eval_summary.json";
    let text = String::from_utf8(files[name].clone()).unwrap();
    files.insert(
        name.to_owned(),
        text.replacen("\"value\": 1.5", "\"value\": 0.5", 1)
            .into_bytes(),
    );
    let found = verified(&packed(files, None).unwrap().bytes).unwrap();
    let shown: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(
        shown[0].starts_with(name) && shown[0].ends_with("is recorded as 0.5, recomputed as 1.5"),
        "{shown:?}"
    );

    let mut files = sample_files();
    let name = "reports/tuned/rows.jsonl";
    let text = String::from_utf8(files[name].clone()).unwrap();
    files.insert(
        name.to_owned(),
        text.replacen("\"mae_penalised\":2.0", "\"mae_penalised\":0.0", 1)
            .into_bytes(),
    );
    let found = verified(&packed(files, None).unwrap().bytes).unwrap();
    let shown = found.differences[0].to_string();
    assert_eq!(
        shown,
        format!("{name} line 2: unconstrained.mae_penalised is recorded as 0.0, recomputed as 2.0")
    );

    let mut files = sample_files();
    files.insert(
        "outputs/recipe.resolved.yaml".into(),
        b"seed: 43\n".to_vec(),
    );
    let found = verified(&packed(files, None).unwrap().bytes).unwrap();
    assert_eq!(found.differences[0].figure, "sha256");
}

#[test]
fn signatures_are_checked_against_the_given_key() {
    let (ours, theirs) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
    let signed = packed(sample_files(), Some(&ours)).unwrap().bytes;
    let with = |bytes: &[u8], key: &PublicKey| verify(bytes, Some(key), &Toy);
    assert_eq!(
        with(&signed, &ours.public()).unwrap().signer,
        Some(ours.public())
    );
    assert!(
        with(&signed, &theirs.public())
            .unwrap_err()
            .to_string()
            .contains("not with the given")
    );
    let unsigned = packed(sample_files(), None).unwrap().bytes;
    assert!(
        with(&unsigned, &ours.public())
            .unwrap_err()
            .to_string()
            .contains("not signed")
    );
    // A signature that is taken out leaves a mark.
    let entries = archive::read(&signed).unwrap();
    let without: Vec<_> = entries
        .into_iter()
        .filter(|entry| entry.name != SIGNATURE)
        .collect();
    let error = verified(&archive::write(&without).unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("the signature is gone"), "{error}");
}

#[test]
fn unfit_and_incomplete_folders_are_refused() {
    let mut files = sample_files();
    files.insert(
        "notes.txt".into(),
        format!("one\nkey hf_{}\n", "a1".repeat(17)).into_bytes(),
    );
    let error = packed(files, None).unwrap_err().to_string();
    assert!(
        error.contains("notes.txt line 2: a Hugging Face token") && !error.contains("a1a1"),
        "{error}"
    );
    let mut files = sample_files();
    files.remove("task.yaml");
    assert!(
        packed(files, None)
            .unwrap_err()
            .to_string()
            .contains("task")
    );
    assert!(
        packed(Files::new(), None)
            .unwrap_err()
            .to_string()
            .contains("rows.jsonl")
    );
}

#[test]
fn paths_of_the_packing_machine_become_relative() {
    let home = concat!("/ho", "me/ann/run");
    let mut files = sample_files();
    files.insert(
        "outputs/recipe.resolved.yaml".into(),
        format!("out: {home}/outputs\n").into_bytes(),
    );
    assert!(packed(files.clone(), None).is_err());
    let roots = [home.to_owned()];
    let options = PackOptions {
        gradus_version: "0.1.0",
        roots: &roots,
        key: None,
    };
    let bytes = pack(files, &options).unwrap().bytes;
    let opened = open(&bytes).unwrap();
    assert_eq!(
        opened.files["outputs/recipe.resolved.yaml"],
        b"out: outputs\n"
    );
    assert_eq!(opened.originals().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_files_beside_travel_unchanged(
        more in prop::collection::btree_map("[a-z]{1,6}/[a-z]{1,6}\\.dat", prop::collection::vec(any::<u8>(), 0..300), 0..5),
        seed in any::<Option<[u8; 32]>>(),
    ) {
        let mut files = sample_files();
        files.extend(more);
        let key = seed.map(SecretKey::from_seed);
        let first = packed(files.clone(), key.as_ref()).unwrap();
        prop_assert_eq!(&first.bytes, &packed(files.clone(), key.as_ref()).unwrap().bytes);
        let found = verified(&first.bytes).unwrap();
        prop_assert!(found.is_verified());
        prop_assert_eq!(open(&first.bytes).unwrap().files, files);
    }

    #[test]
    fn damage_is_found(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let bytes = packed(sample_files(), None).unwrap().bytes;
        let at = at.index(bytes.len());
        let mut changed = bytes.clone();
        changed[at] = byte;
        prop_assert_eq!(verified(&changed).is_err(), changed != bytes);
    }
}
