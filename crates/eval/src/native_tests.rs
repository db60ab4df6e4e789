//! A tiny random model answers, is scored and is trained: what it says means nothing, that it
//! comes in the right form through the whole way does.

use std::fs;
use std::path::Path;

use gradus_engine::files::tokenizer::SpecialNames;
use gradus_engine::files::{ChatTemplate, ModelIdentity, Tokenizer};
use gradus_engine::model::{
    Adapter, AdapterConfig, Decoder, Family, LoadOptions, ModelConfig, Module, Precision,
    RopeScaling, WeightSource,
};
use gradus_engine::train::{Resume, Silent as SilentTraining, TrainingData, train};
use gradus_schema::{Direction, Recipe};

use super::*;
use crate::answer::{Answerer, Question};
use crate::native::{NamedAdapter, NativeAnswerer, NativeOptions};
use crate::run::{EvalOptions, EvalOutcome, Silent, evaluate};

/// 256 bytes and the two control tokens of the chat template.
const VOCABULARY: usize = 258;

fn config() -> ModelConfig {
    ModelConfig {
        family: Family::Llama,
        vocab_size: VOCABULARY,
        hidden_size: 32,
        intermediate_size: 48,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        head_dim: 8,
        rms_norm_eps: 1e-5,
        rope_theta: 10_000.0,
        rope_scaling: RopeScaling::None,
        query_temperature: None,
        qkv_bias: false,
        o_bias: false,
        qk_norm: false,
        tie_word_embeddings: true,
        max_position_embeddings: 128,
        sliding_window: None,
        bos_token_id: None,
        eos_token_ids: vec![257],
    }
}

/// Tensors drawn from their names.
struct RandomWeights;

impl WeightSource for RandomWeights {
    fn contains(&self, name: &str) -> bool {
        !name.ends_with(".bias") && name != "lm_head.weight"
    }

    fn read(&self, name: &str, shape: &[usize]) -> gradus_engine::Result<Vec<f32>> {
        let seed = name
            .bytes()
            .fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
        let mut draws = Draws::new(seed);
        let mut weight = || (draws.unit() - 0.5) as f32 * 0.4;
        let count = shape.iter().product();
        let norm = name.contains("norm");
        Ok((0..count)
            .map(|_| if norm { 1.0 } else { weight() })
            .collect())
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn tokenizer() -> Tokenizer {
    let printable = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut others = 0;
    let mut vocabulary = serde_json::Map::new();
    for byte in 0..256u32 {
        let code = if printable(byte) { byte } else { 256 + others };
        others += u32::from(!printable(byte));
        vocabulary.insert(char::from_u32(code).unwrap().to_string(), byte.into());
    }
    let special = |id: usize, content: &str| {
        json!({"id": id, "content": content, "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let byte_level = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true
    });
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [special(256, "<|im_start|>"), special(257, "<|im_end|>")],
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    });
    Tokenizer::from_json(tokenizer.to_string().as_bytes(), SpecialNames::default()).unwrap()
}

fn model() -> LoadedModel {
    let options = LoadOptions {
        threads: Some(1),
        precision: Precision::F32,
    };
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    LoadedModel {
        identity: ModelIdentity {
            name: "tiny".to_owned(),
            format: "safetensors".to_owned(),
            sha256: "0".repeat(64),
            path: "tiny".into(),
        },
        config: config(),
        tokenizer: Arc::new(tokenizer()),
        chat_template: ChatTemplate::new(Some(template.to_owned()), SpecialNames::default())
            .unwrap(),
        decoder: Arc::new(Decoder::load(&config(), &RandomWeights, &options).unwrap()),
    }
}

fn task(dir: &Path) -> Task {
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let schema = json!({
        "type": "object", "properties": {"a": level, "b": level}, "required": ["a", "b"],
        "additionalProperties": false
    });
    let task = "name: tiny\ndata: {train: rows.jsonl, dev: dev.jsonl}\nprompt: prompt.jinja\n\
        target: completion\ncontract: contract.json\nscale: {min: 0, max: 10}\nstratify_by: kind\n";
    let row = |index: usize| {
        let text = format!("{{\"a\":{},\"b\":{}}}", index % 11, index % 7);
        json!({"id": index, "kind": format!("k{}", index % 2), "text": format!("n{index}"), "completion": text})
    };
    let lines = |range: std::ops::Range<usize>| -> String {
        range.map(|index| format!("{}\n", row(index))).collect()
    };
    fs::write(dir.join("task.yaml"), task).unwrap();
    fs::write(dir.join("prompt.jinja"), "rate {{ text }}").unwrap();
    fs::write(dir.join("contract.json"), schema.to_string()).unwrap();
    fs::write(dir.join("rows.jsonl"), lines(0..8)).unwrap();
    fs::write(dir.join("dev.jsonl"), lines(8..28)).unwrap();
    Task::open(dir).unwrap()
}

fn answered(
    model: &LoadedModel,
    adapter: Option<NamedAdapter>,
    task: &Task,
) -> gradus_schema::EvalReport {
    let options = NativeOptions::default();
    let mut answerer = NativeAnswerer::new(model, adapter, task, Split::Dev, options).unwrap();
    let stop = AtomicBool::new(false);
    let options = EvalOptions::default();
    match evaluate(
        task,
        Split::Dev,
        &mut answerer,
        &options,
        &stop,
        &mut Silent,
    )
    .unwrap()
    {
        EvalOutcome::Finished { report, .. } => *report,
        EvalOutcome::Interrupted { .. } => panic!("was interrupted"),
    }
}

#[test]
fn a_random_model_is_always_valid_under_the_grammar_and_never_without() {
    let dir = tempfile::tempdir().unwrap();
    let (model, task) = (model(), task(dir.path()));
    let report = answered(&model, None, &task);
    assert_eq!(
        report.metrics["strict_valid_rate"].value,
        Some(1.0),
        "{:?}",
        report.failures
    );
    assert_eq!(
        report.metrics["strict_valid_rate_unconstrained"].value,
        Some(0.0)
    );
    assert!(report.metrics["mae_penalised"].value.unwrap() <= 10.0);
    assert_eq!(report.answered_by.backend, "native");
    assert_eq!(report.decode["constrained"]["numbers"], json!("median"));

    let adapter_config = AdapterConfig {
        r: 2,
        alpha: 64.0,
        dropout: 0.0,
        modules: vec![Module::Q, Module::Down],
        layers: vec![0, 1],
        rank_stabilised: false,
    };
    let mut adapter = Adapter::initialise(adapter_config, &model.config, 1);
    let mut draws = Draws::new(3);
    for pair in adapter.weights.values_mut() {
        pair.b
            .iter_mut()
            .for_each(|weight| *weight = draws.unit() as f32 - 0.5);
    }
    let named = NamedAdapter {
        packed: model.decoder.pack_adapter(&adapter).unwrap(),
        sha256: "1".repeat(64),
    };
    let adapted = answered(&model, Some(named), &task);
    assert_ne!(adapted.answered_by, report.answered_by);
    assert_eq!(adapted.metrics["strict_valid_rate"].value, Some(1.0));
}

#[test]
fn a_stop_leaves_only_whole_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (model, task) = (model(), task(dir.path()));
    let options = NativeOptions::default();
    let mut answerer = NativeAnswerer::new(&model, None, &task, Split::Dev, options).unwrap();
    let rows = task.rows(Split::Dev).unwrap().rows;
    let questions: Vec<Question<'_>> = rows
        .iter()
        .map(|row| Question {
            row,
            messages: task.messages(row).unwrap(),
        })
        .collect();
    let answers = answerer.answer(&questions, &AtomicBool::new(true)).unwrap();
    assert!(answers.len() < rows.len());
    assert!(
        answers
            .iter()
            .all(|answers| answers.constrained.is_some() && answers.unconstrained.is_some())
    );
}

#[test]
fn training_is_scored_on_dev_rows_of_the_task() {
    let dir = tempfile::tempdir().unwrap();
    let (model, task) = (model(), task(dir.path()));
    let stop = AtomicBool::new(false);
    let mut evaluator = TaskDevEvaluator::new(&task, &model, Some(6), &stop).unwrap();
    assert_eq!(evaluator.rows.len(), 6);
    assert!(evaluator.rows.is_sorted_by_key(|row| row.row));
    let yaml = "model: tiny\ntask: .\noutput_dir: out\nlora_r: 2\nmax_steps: 2\neval_steps: 1\nper_device_train_batch_size: 4\n";
    let recipe = Recipe {
        output_dir: dir.path().join("out"),
        ..Recipe::from_yaml(yaml).unwrap()
    };
    let data = |split| TrainingData {
        rows: task.training_rows(split).unwrap(),
        path: "rows.jsonl".into(),
    };
    let (train_data, dev_data) = (data(Split::Train), data(Split::Dev));
    let resume = Resume::Auto;
    train(
        &recipe,
        &model,
        &train_data,
        Some(&dev_data),
        Some(&mut evaluator),
        &stop,
        resume,
        &mut SilentTraining,
    )
    .unwrap();
    let read = |name: &str| fs::read_to_string(recipe.output_dir.join(name)).unwrap();
    assert!(read("iter_eval_metrics.jsonl").contains("mae_penalised"));
    let worst: Value =
        serde_json::from_str(read("hard_cases.valid.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!(worst["rank"], json!(1));
    assert!(
        worst["kind"].is_string() && worst["predicted_vector"].is_object(),
        "{worst}"
    );

    let adapter = Adapter::initialise(
        AdapterConfig {
            r: 2,
            alpha: 4.0,
            dropout: 0.0,
            modules: vec![Module::Q],
            layers: vec![0],
            rank_stabilised: false,
        },
        &model.config,
        1,
    );
    let packed = model.decoder.pack_adapter(&adapter).unwrap();
    let report = evaluator.evaluate(&packed, 1).unwrap();
    assert_eq!(
        (report.primary.as_str(), report.better_when),
        ("mae_penalised", Direction::Minimize)
    );
    assert!(report.metrics["mae_penalised"].is_some());
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(
        evaluator
            .evaluate(&packed, 1)
            .unwrap_err()
            .to_string()
            .contains("stopped")
    );
}

#[test]
fn a_prompt_longer_than_the_model_takes_names_its_row() {
    let dir = tempfile::tempdir().unwrap();
    task(dir.path());
    fs::write(dir.path().join("prompt.jinja"), "x".repeat(200)).unwrap();
    let (model, stop) = (model(), AtomicBool::new(false));
    let task = Task::open(dir.path()).unwrap();
    let error = TaskDevEvaluator::new(&task, &model, None, &stop)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("row 8 (line 1)") && error.contains("takes 128"),
        "{error}"
    );
}
