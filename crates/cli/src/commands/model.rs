//! `gradus model pull|list|show|check`.

use std::path::Path;

use anyhow::Result;
use gradus_engine::files::{ModelFiles, open_model};
use gradus_engine::lora::{AdapterFiles, CheckReport, check, read_adapter_files};
use serde_json::{Value, json};

use super::Settings;
use super::references::NativeReference;
use crate::args::ModelCommand;
use crate::failure::usage;
use crate::models::catalogue;
use crate::out::{Out, bytes};

pub fn run(command: &ModelCommand, settings: &Settings, out: &Out) -> Result<()> {
    match command {
        ModelCommand::Pull { name } => pull(name, settings, out),
        ModelCommand::List => list(settings, out),
        ModelCommand::Show { model } => show(model, settings, out),
        ModelCommand::Check { model } => check_adapter(model, settings, out),
    }
}

fn pull(name: &str, settings: &Settings, out: &Out) -> Result<()> {
    let model = settings.models.pull(name, out)?;
    out.say(format!(
        "{} ({}): {}",
        model.name,
        bytes(model.size_bytes()),
        model.path().display()
    ));
    out.result(&json!({
        "name": model.name,
        "source": model.source,
        "path": model.path(),
        "files": model.files,
    }));
    Ok(())
}

fn list(settings: &Settings, out: &Out) -> Result<()> {
    let here = settings.models.list()?;
    let rows: Vec<Vec<String>> = here
        .iter()
        .map(|model| {
            vec![
                model.name.clone(),
                bytes(model.size_bytes()),
                model.source.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        out.say("no model is here yet");
    } else {
        out.table(&["model", "size", "from"], &rows);
    }
    let missing: Vec<&str> = catalogue::names()
        .filter(|name| !here.iter().any(|model| model.name == *name))
        .collect();
    if !missing.is_empty() {
        out.say(format!("can be pulled by name: {}", missing.join(", ")));
    }
    let described = here.iter().map(|model| {
        json!({"name": model.name, "source": model.source, "path": model.path(), "size_bytes": model.size_bytes(), "files": model.files})
    });
    out.result(&json!({"models": described.collect::<Vec<_>>(), "known": catalogue::names().collect::<Vec<_>>()}));
    Ok(())
}

fn show(model: &str, settings: &Settings, out: &Out) -> Result<()> {
    let reference = NativeReference::parse(model)?;
    let files = open_model(&settings.models.resolve(&reference.base)?)?;
    let mut facts = base_facts(&files);
    let adapter = reference
        .adapter
        .as_deref()
        .map(|dir: &Path| read_adapter_files(dir, &files.identity, &files.config))
        .transpose()?;
    if let Some(adapter) = &adapter {
        facts.extend(adapter_facts(adapter));
    }
    let width = facts
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    for (name, value) in &facts {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), String::from);
        out.say(format!("{name:width$}  {text}"));
    }
    out.result(&Value::Object(
        facts
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
    ));
    Ok(())
}

fn base_facts(files: &ModelFiles) -> Vec<(&'static str, Value)> {
    let config = &files.config;
    vec![
        ("name", json!(files.identity.name)),
        ("format", json!(files.identity.format)),
        ("sha256", json!(files.identity.sha256)),
        ("path", json!(files.identity.path)),
        (
            "family",
            json!(format!("{:?}", config.family).to_lowercase()),
        ),
        ("layers", json!(config.num_hidden_layers)),
        ("hidden_size", json!(config.hidden_size)),
        ("intermediate_size", json!(config.intermediate_size)),
        ("attention_heads", json!(config.num_attention_heads)),
        ("key_value_heads", json!(config.num_key_value_heads)),
        ("head_dim", json!(config.head_dim)),
        ("vocab_size", json!(config.vocab_size)),
        (
            "max_position_embeddings",
            json!(config.max_position_embeddings),
        ),
        ("tied_embeddings", json!(config.tie_word_embeddings)),
        (
            "chat_template",
            json!(files.chat_template.source().is_some()),
        ),
    ]
}

fn adapter_facts(adapter: &AdapterFiles) -> Vec<(&'static str, Value)> {
    let config = &adapter.adapter.config;
    vec![
        ("adapter_path", json!(adapter.path)),
        ("adapter_sha256", json!(adapter.sha256)),
        ("adapter_base_check", json!(adapter.base_check)),
        ("adapter_note", json!(adapter.note)),
        ("lora_r", json!(config.r)),
        ("lora_alpha", json!(config.alpha)),
        (
            "lora_modules",
            json!(
                config
                    .modules
                    .iter()
                    .map(|module| module.name())
                    .collect::<Vec<_>>()
            ),
        ),
        ("lora_layers", json!(config.layers.len())),
        (
            "adapter_parameters",
            json!(adapter.adapter.parameter_count()),
        ),
    ]
}

fn check_adapter(model: &str, settings: &Settings, out: &Out) -> Result<()> {
    let reference = NativeReference::parse(model)?;
    let Some(dir) = &reference.adapter else {
        return Err(usage(format!(
            "'{model}' names no adapter to check; give BASE+ADAPTER_DIR"
        )));
    };
    let files = open_model(&settings.models.resolve(&reference.base)?)?;
    out.note("answering fixed prompts without, with and with merged adapter");
    let report = check(&files, dir, settings.threads)?;
    say_check(&report, out);
    let value = serde_json::to_value(&report)?;
    // The error carries the causes; with --json it is the one object that is printed.
    let report = report.into_result()?;
    out.say(format!("alive: {}", report.alive));
    out.result(&value);
    Ok(())
}

fn say_check(report: &CheckReport, out: &Out) {
    for answers in &report.answers {
        out.say(format!("prompt:  {}", answers.prompt));
        out.say(format!("  base:    {:?}", answers.without_adapter));
        out.say(format!("  adapter: {:?}", answers.with_adapter));
    }
    out.say(format!(
        "r = {}, scale {}, {} layers, {} parameters; {} of {} prompts answered differently",
        report.r,
        report.scale,
        report.layers,
        report.parameters,
        report.answers_changed,
        report.prompts
    ));
    out.say(format!(
        "largest logit change {:.4}; merged differs from adapter by {:.2e} (allowed {:.2e})",
        report.largest_logit_change, report.largest_merged_difference, report.merged_tolerance
    ));
    if let Some(note) = &report.note {
        out.note(note);
    }
    for problem in &report.problems {
        out.note(problem);
    }
}
