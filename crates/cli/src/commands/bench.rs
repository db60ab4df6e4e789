//! This engine's side of `cargo xtask bench engine` and `cargo xtask parity`.
//!
//! Rows are exchanged as token ids, so that both sides compute on the same input.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use gradus_analysis::stats::percentile;
use gradus_engine::LoadedModel;
use gradus_engine::files::Message;
use gradus_engine::generate::{GenerateOptions, Generator};
use gradus_engine::lora::LoadedAdapter;
use gradus_engine::model::{
    AdamW, Adapter, AdapterConfig, LossSum, Module, Precision, TrainingSession,
};
use gradus_engine::train::{EncodedRow, Objective, TrainingData, encode, pack};
use gradus_eval::Task;
use gradus_schema::{Recipe, parse_json_rows};
use serde_json::{Value, json};

use super::Settings;
use super::eval::number_decode;
use super::references::{NativeReference, load_base};
use super::train::read_rows;
use crate::args::{BenchAnswers, BenchCommand, BenchGenerate, BenchRows, BenchTrain};
use crate::failure::bad_input;
use crate::out::Out;

pub fn run(command: &BenchCommand, settings: &Settings, out: &Out) -> Result<()> {
    match command {
        BenchCommand::Rows(arguments) => rows(arguments, settings, out),
        BenchCommand::Train(arguments) => train(arguments, settings, out),
        BenchCommand::Generate(arguments) => generate(arguments, settings, out),
        BenchCommand::Answers(arguments) => answers(arguments, settings, out),
    }
}

fn rows(arguments: &BenchRows, settings: &Settings, out: &Out) -> Result<()> {
    let model = load_base(&arguments.model, settings, Precision::Auto, out)?;
    let task = arguments.task.as_deref().map(Task::open).transpose()?;
    let mut data = match (&task, &arguments.rows) {
        (Some(task), _) => {
            let path = task.rows(arguments.split)?.path;
            TrainingData {
                rows: task.training_rows(arguments.split)?,
                path,
            }
        }
        (None, Some(path)) => read_rows(path)?,
        (None, None) => return Err(bad_input("give --task or --rows")),
    };
    data.rows.truncate(arguments.limit);
    let encoded = encode(&model, &recipe()?, &data)?;
    let lines = encoded
        .iter()
        .map(|row| json!({"prompt_tokens": row.prompt, "completion_tokens": row.completion}));
    write_lines(&arguments.out, lines)?;
    let contract = task
        .as_ref()
        .and_then(|task| Some(task.dir.join(task.file.contract.as_ref()?)))
        .map(std::path::absolute)
        .transpose()?;
    let summary = json!({"rows": encoded.len(), "contract": contract});
    if out.is_json() {
        out.result(&summary);
    } else {
        out.say(summary.to_string());
    }
    Ok(())
}

/// What the peer's script does too: LoRA on all linear layers, AdamW, batches in file order.
fn train(arguments: &BenchTrain, settings: &Settings, out: &Out) -> Result<()> {
    let path = settings.models.resolve(&arguments.model)?;
    let options = settings.load_options(arguments.precision.into());
    let model = LoadedModel::open(&path, &options)?;
    let rows = read_encoded(&arguments.rows)?;
    let batches: Vec<&[EncodedRow]> = rows.chunks_exact(arguments.batch_size).collect();
    if batches.is_empty() {
        return Err(bad_input(format!(
            "there are fewer rows than a batch takes: {}",
            arguments.rows.display()
        )));
    }
    let mut session = TrainingSession::new(model.decoder.clone(), fresh_adapter(&model))?;
    let optimiser = AdamW {
        learning_rate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
    };
    let objective = Objective {
        completion_only: true,
        label_smoothing_numbers: 0.0,
    };
    let mut steps = Vec::new();
    for step in 0..arguments.warmup_steps + arguments.steps {
        let batch = batches[step % batches.len()];
        let started = Instant::now();
        let loss = train_step(&mut session, batch, &optimiser, objective)?;
        let wall_secs = started.elapsed().as_secs_f64();
        if step >= arguments.warmup_steps {
            steps.push(Step {
                tokens: batch.iter().map(EncodedRow::length).sum(),
                wall_secs,
                loss,
            });
        }
    }
    let tokens: usize = steps.iter().map(|step| step.tokens).sum();
    let wall_secs: f64 = steps.iter().map(|step| step.wall_secs).sum();
    print_figures(
        out,
        &json!({
            "engine": concat!("gradus ", env!("CARGO_PKG_VERSION")),
            "precision": model.decoder.description(),
            "threads": model.decoder.threads(),
            "steps": steps.len(),
            "rows_per_step": arguments.batch_size,
            "tokens": tokens,
            "wall_secs": wall_secs,
            "tokens_per_sec": tokens as f64 / wall_secs,
            "loss_first": steps.first().and_then(|step| step.loss),
            "loss_last": steps.last().and_then(|step| step.loss),
            "peak_memory_bytes": peak_memory_bytes(),
        }),
    );
    Ok(())
}

struct Step {
    tokens: usize,
    wall_secs: f64,
    loss: Option<f64>,
}

fn train_step(
    session: &mut TrainingSession,
    batch: &[EncodedRow],
    optimiser: &AdamW,
    objective: Objective,
) -> Result<Option<f64>> {
    let rows: Vec<&EncodedRow> = batch.iter().collect();
    let mut loss = LossSum::default();
    for micro_batch in pack(&rows, objective) {
        loss.add(&session.forward_backward(&micro_batch.tree, &micro_batch.targets, None)?);
    }
    session.step(optimiser, (1.0 / loss.weight) as f32, Some(1.0))?;
    Ok(loss.mean())
}

fn fresh_adapter(model: &LoadedModel) -> Adapter {
    let config = AdapterConfig {
        r: 16,
        alpha: 32.0,
        dropout: 0.0,
        modules: Module::ALL.to_vec(),
        layers: (0..model.config.num_hidden_layers).collect(),
        rank_stabilised: false,
    };
    Adapter::initialise(config, &model.config, 42)
}

/// Answers in groups; every request of a group waits for the whole group.
fn generate(arguments: &BenchGenerate, settings: &Settings, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task)?;
    let reference = NativeReference::parse(&arguments.model)?;
    let (model, adapter) = reference.load(settings, arguments.precision.into(), out)?;
    let prompts: Vec<Vec<u32>> = read_encoded(&arguments.prompts)?
        .into_iter()
        .map(|row| row.prompt)
        .collect();
    let options = GenerateOptions {
        max_new_tokens: 256,
        schema: Some(task.contract.decoding_schema().clone()),
        numbers: number_decode(arguments.decode),
        batch_size: arguments.batch_size,
        ..GenerateOptions::default()
    };
    let mut generator = generator(&model, adapter.as_ref(), options)?;
    let groups = arguments.requests.div_ceil(arguments.batch_size);
    let group = |index: usize| -> Vec<Vec<u32>> {
        let first = index * arguments.batch_size;
        (first..first + arguments.batch_size)
            .map(|request| prompts[request % prompts.len()].clone())
            .collect()
    };
    answer(&mut generator, &group(0))?;
    let (mut latencies, mut tokens, mut forced, mut example) = (Vec::new(), 0, 0, String::new());
    let started = Instant::now();
    for index in 0..groups {
        let began = Instant::now();
        let completions = answer(&mut generator, &group(index))?;
        latencies.extend(std::iter::repeat_n(
            began.elapsed().as_secs_f64(),
            completions.len(),
        ));
        for completion in completions {
            tokens += completion.completion_tokens;
            forced += completion.forced_tokens;
            example = completion.text;
        }
    }
    let wall_secs = started.elapsed().as_secs_f64();
    print_figures(
        out,
        &json!({
            "engine": concat!("gradus ", env!("CARGO_PKG_VERSION")),
            "precision": model.decoder.description(),
            "threads": model.decoder.threads(),
            "batch_size": arguments.batch_size,
            "requests": latencies.len(),
            "completion_tokens": tokens,
            "forced_tokens": forced,
            "wall_secs": wall_secs,
            "requests_per_sec": latencies.len() as f64 / wall_secs,
            "latency_p50_secs": percentile(&latencies, 50.0),
            "latency_p95_secs": percentile(&latencies, 95.0),
            "example": example,
            "peak_memory_bytes": peak_memory_bytes(),
        }),
    );
    Ok(())
}

fn answer(
    generator: &mut Generator,
    prompts: &[Vec<u32>],
) -> Result<Vec<gradus_engine::generate::Completion>> {
    let completions = generator.generate(prompts, &mut |_, _| ControlFlow::Continue(()))?;
    Ok(completions.into_iter().flatten().collect())
}

/// Greedy answers to plain prompts, for comparison with another implementation.
fn answers(arguments: &BenchAnswers, settings: &Settings, out: &Out) -> Result<()> {
    let reference = NativeReference::parse(&arguments.model)?;
    let (model, adapter) = reference.load(settings, arguments.precision.into(), out)?;
    let options = GenerateOptions {
        max_new_tokens: arguments.max_new_tokens,
        batch_size: 1,
        ..GenerateOptions::default()
    };
    let mut generator = generator(&model, adapter.as_ref(), options)?;
    let mut lines = Vec::new();
    for row in read_json_rows(&arguments.prompts)? {
        let content = row["prompt"]
            .as_str()
            .ok_or_else(|| bad_input("a line without \"prompt\""))?;
        let message = Message {
            role: "user".into(),
            content: content.into(),
        };
        let tokens = model.prompt_tokens(&[message])?;
        for completion in answer(&mut generator, &[tokens])? {
            lines.push(json!({"prompt": content, "text": completion.text}));
        }
    }
    write_lines(&arguments.out, lines.into_iter())
}

fn generator(
    model: &LoadedModel,
    adapter: Option<&LoadedAdapter>,
    options: GenerateOptions,
) -> Result<Generator> {
    let packed = adapter.map(|adapter| adapter.packed.clone());
    Ok(Generator::new(
        model.decoder.clone(),
        model.tokenizer.clone(),
        packed,
        options,
    )?)
}

/// The defaults of a recipe, as far as encoding rows needs them.
fn recipe() -> Result<Recipe> {
    Ok(Recipe::from_yaml(
        "model: bench\ntrain_file: rows\noutput_dir: none\nmax_length: 4096\n",
    )?)
}

fn read_encoded(path: &Path) -> Result<Vec<EncodedRow>> {
    let mut rows = Vec::new();
    for (index, row) in read_json_rows(path)?.into_iter().enumerate() {
        let tokens = |name: &str| -> Result<Vec<u32>> {
            serde_json::from_value(row[name].clone())
                .with_context(|| format!("{name} of line {}", index + 1))
        };
        rows.push(EncodedRow {
            row: index + 1,
            prompt: tokens("prompt_tokens")?,
            completion: tokens("completion_tokens")?,
            neighbours: Default::default(),
        });
    }
    Ok(rows)
}

fn read_json_rows(path: &Path) -> Result<Vec<Value>> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let rows = parse_json_rows(&bytes)
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    Ok(rows
        .into_iter()
        .map(|row| Value::Object(row.fields))
        .collect())
}

fn write_lines(path: &Path, lines: impl Iterator<Item = Value>) -> Result<()> {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// One line of JSON, whether or not `--json` is given: another program reads it.
fn print_figures(out: &Out, figures: &Value) {
    if out.is_json() {
        out.result_line(figures);
    } else {
        out.say(figures.to_string());
    }
}

/// The most memory this process ever held (VmHWM); `None` where the system does not say.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
