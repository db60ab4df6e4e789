//! `gradus data build|check|convert|freeze`.

pub mod arguments;
mod arrow_rows;
mod sources;
mod tables;

use anyhow::Result;
use gradus_eval::Task;
use gradus_eval::data::DataSettings;
use gradus_eval::data::build::{BuildOptions, build, write};
use gradus_eval::data::check::{DataCheck, check};
use gradus_eval::data::convert::{PromptForm, convert};
use gradus_eval::data::findings::{Finding, Level};
use gradus_eval::data::freeze::{freeze, short};
use gradus_eval::data::stats::{BuildMode, DataStats};
use serde_json::json;

use super::Settings;
use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::Bar;
use arguments::{
    BuildArguments, CheckArguments, ConvertArguments, DataCommand, Form, FreezeArguments,
};

pub fn run(command: &DataCommand, settings: &Settings, out: &Out) -> Result<()> {
    match command {
        DataCommand::Build(arguments) => run_build(arguments, out),
        DataCommand::Check(arguments) => run_check(arguments, settings, out),
        DataCommand::Convert(arguments) => run_convert(arguments, out),
        DataCommand::Freeze(arguments) => run_freeze(arguments, out),
    }
}

fn run_build(arguments: &BuildArguments, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task_dir)?;
    let data = DataSettings::open(&task, arguments.config.as_deref())?;
    let options = BuildOptions {
        out: arguments.out.clone(),
        replace: arguments.replace,
        train_only: arguments.train_only,
    };
    let sources = sources::read(&task, &data, arguments.train_only)?;
    out.note("building the rows");
    let built = build(&task, &data, &sources, &options)?;
    let changed = write(&built, &options)?;
    show_build(&built.stats, out);
    if !changed {
        out.note("these very rows were there; nothing was written");
    }
    out.say(format!("stats: {}", built.stats_path.display()));
    out.result(&json!({"changed": changed, "stats_file": built.stats_path, "stats": built.stats}));
    Ok(())
}

fn show_build(stats: &DataStats, out: &Out) {
    let dropped: usize = stats.dropped.values().sum();
    out.say(format!(
        "{}: {} source rows, {} kept, {dropped} dropped",
        stats.task, stats.source_rows, stats.kept_rows
    ));
    for (reason, count) in stats.dropped.iter().filter(|(_, count)| **count > 0) {
        let examples = stats.dropped_examples.get(reason);
        let first = examples.and_then(|examples| examples.first());
        let such_as = first.map_or_else(String::new, |example| {
            format!(", such as {} ({})", example.id, example.detail)
        });
        let reason = json!(reason);
        out.say(format!(
            "  {count} {}{such_as}",
            reason.as_str().unwrap_or_default()
        ));
    }
    if stats.conflicts.texts > 0 {
        out.say(format!(
            "  {} texts occur with different labels ({} rows)",
            stats.conflicts.texts, stats.conflicts.rows
        ));
    }
    let rows: Vec<Vec<String>> = stats
        .roles
        .iter()
        .map(|(role, of)| {
            let strata: Vec<String> = of
                .by_stratum
                .iter()
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            let groups = if of.sealed {
                "sealed".to_owned()
            } else {
                of.groups.to_string()
            };
            vec![role.clone(), of.rows.to_string(), groups, strata.join(", ")]
        })
        .collect();
    out.table(&["role", "rows", "groups", "strata"], &rows);
    if stats.mode == BuildMode::RebuildTrainDev {
        out.say("the frozen rows are sealed and stay as they are; related rows were dropped");
    }
}

fn run_check(arguments: &CheckArguments, settings: &Settings, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task_dir)?;
    let data = DataSettings::open(&task, arguments.config.as_deref())?;
    let found = check_with_bar(&task, &data, settings.cores())?;
    show_check(&found, out);
    out.result(&found.to_json());
    let failed: Vec<&Finding> = of_level(&found, Level::Fail);
    match failed.len() {
        0 => Ok(()),
        count => Err(bad_input(format!(
            "the data of {} fail {count} of {} checks; the first: {}",
            found.task,
            found.findings.len(),
            failed[0].says
        ))),
    }
}

/// The check, with a bar over its stages.
pub fn check_with_bar(task: &Task, data: &DataSettings, threads: usize) -> Result<DataCheck> {
    let mut bar = Bar::new("checking", "{bar:30} {pos}/{len} {msg}");
    let found = check(task, data, threads, &mut |what, done, total| {
        bar.set(done as u64, Some(total as u64), what.to_owned(), || {
            format!("{what} ({done} of {total} stages done)")
        });
    });
    bar.finish();
    Ok(found?)
}

fn of_level(found: &DataCheck, level: Level) -> Vec<&Finding> {
    let findings = found.findings.iter();
    findings.filter(|finding| finding.level == level).collect()
}

/// One line a check; what failed also says what it means, and shows rows.
fn show_check(found: &DataCheck, out: &Out) {
    let rows: Vec<String> = found
        .rows
        .iter()
        .map(|(role, n)| format!("{role} {n}"))
        .collect();
    out.say(format!("{}: {}", found.task, rows.join(", ")));
    out.say("");
    for finding in &found.findings {
        let level = out.coloured_level(&format!("{:<4}", finding.level.to_string()), finding.level);
        out.say(format!("  {level}  {:<9}  {}", finding.check, finding.says));
        let is_quiet = finding.level == Level::Ok && finding.check != "signal";
        if is_quiet {
            continue;
        }
        for example in &finding.examples {
            out.say(format!("                   {example}"));
        }
        if !finding.mend.is_empty() {
            out.say(format!("                   → {}", finding.mend));
        }
    }
    out.say("");
    let count = |level| of_level(found, level).len();
    let (failed, warned) = (count(Level::Fail), count(Level::Warn));
    out.say(match (failed, warned) {
        (0, 0) => "fit for training and measuring".to_owned(),
        (0, warned) => format!("fit for training and measuring, with {warned} to look at"),
        (failed, warned) => format!("not fit: {failed} failed, {warned} to look at"),
    });
}

fn run_convert(arguments: &ConvertArguments, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task_dir)?;
    let form = match arguments.form {
        Form::Messages => PromptForm::Messages,
        Form::Text => PromptForm::Text,
    };
    let done = convert(
        &task,
        arguments.split,
        form,
        &arguments.out,
        arguments.replace,
    )?;
    out.say(format!("{} rows: {}", done.rows, arguments.out.display()));
    out.say(format!(
        "prompts {} (an evaluation of these rows records the same)",
        done.rendered_prompts_sha256
    ));
    out.result(&json!({
        "out": arguments.out,
        "rows": done.rows,
        "sha256": done.sha256,
        "prompt_sha256": done.prompt_sha256,
        "rendered_prompts_sha256": done.rendered_prompts_sha256,
    }));
    Ok(())
}

fn run_freeze(arguments: &FreezeArguments, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task_dir)?;
    let data = DataSettings::open(&task, None)?;
    let frozen = freeze(&task, &data)?;
    let manifest = &frozen.manifest;
    let again = if frozen.was_frozen { " before" } else { "" };
    out.say(format!(
        "{} rows frozen{again} as {}: {}",
        manifest.rows.len(),
        short(&manifest.rows_sha256),
        frozen.path.display()
    ));
    out.result(&json!({
        "manifest": frozen.path,
        "rows": manifest.rows.len(),
        "rows_sha256": manifest.rows_sha256,
        "was_frozen": frozen.was_frozen,
    }));
    Ok(())
}
