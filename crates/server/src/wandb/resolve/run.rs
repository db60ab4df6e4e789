//! Runs: what is known of them, and their rows.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_tracker::artifacts::Lineage;
use gradus_tracker::history::{
    SeriesQuery, history_keys, lines_in, next_line, sampled_lines, series, system_metrics, tail,
};
use gradus_tracker::query::time_text;
use gradus_tracker::runs::{
    CONSOLE, EVENTS, FAILED, HISTORY, PREEMPTING, RUNNING, RunExtra, run_id,
};
use gradus_wire::graphql::{Arguments, GraphqlError};
use gradus_wire::run_config::RunConfig;
use gradus_wire::{Json, json};

use super::{
    Outcome, Resolve, Resolved, RunNode, flag, int, project_node, refused, text, user_node,
};

/// An opaque id, of a kind and a name or number.
pub fn id(kind: &str, name: impl Display) -> String {
    STANDARD.encode(format!("{kind}:{name}"))
}

impl Resolve<'_> {
    pub fn run(&self, run: &RunNode, field: &str, arguments: &Arguments) -> Outcome {
        let record = &run.record;
        let fields = &record.fields;
        let extra = || RunExtra::of(record);
        let state = fields.state.as_deref().unwrap_or(RUNNING);
        Ok(match field {
            "id" => Resolved::text(run_id(record.number)),
            "internalId" => Resolved::text(record.number.to_string()),
            "name" => Resolved::text(&record.key.name),
            "displayName" => text(fields.display_name.as_ref()),
            "projectId" => match self
                .tracker
                .projects
                .get(&record.key.entity, &record.key.project)
            {
                Some(project) => int(project.number),
                None => Resolved::NULL,
            },
            "project" => {
                let project = self
                    .tracker
                    .projects
                    .get(&record.key.entity, &record.key.project);
                project.map_or(Resolved::NULL, project_node)
            }
            "state" => Resolved::text(state),
            "running" => flag(state == RUNNING || state == PREEMPTING),
            "failed" => flag(state == FAILED),
            "stopped" | "shouldStop" => flag(extra().is_stop_requested),
            "exitcode" => match fields.exit_code.filter(|_| state != RUNNING) {
                Some(code) => int(code),
                None => Resolved::NULL,
            },
            "config" => Resolved::text(fields.config.as_deref().unwrap_or("{}")),
            "summaryMetrics" => Resolved::text(fields.summary.as_deref().unwrap_or("{}")),
            "wandbConfig" => Resolved::text(internal_config(fields.config.as_deref(), arguments)?),
            "group" | "groupName" => text(fields.group.as_ref()),
            "jobType" => text(fields.job_type.as_ref()),
            "sweepName" => text(fields.sweep.as_ref().filter(|name| !name.is_empty())),
            "notes" => text(fields.notes.as_ref()),
            "description" => text(extra().description),
            "tags" => {
                let tags = fields.tags.iter().flatten();
                Resolved::List(tags.map(Resolved::text).collect())
            }
            "commit" => text(extra().commit),
            "host" => text(extra().host),
            "repo" | "jobRepo" => text(extra().repo),
            "program" | "jobProgram" => text(extra().program),
            "readOnly" => {
                let write = self
                    .tracker
                    .accounts
                    .check_write(self.caller, &record.key.entity);
                flag(write.is_err())
            }
            "createdAt" => text(fields.created_unix_ms.map(time_text)),
            "heartbeatAt" | "updatedAt" => text(fields.heartbeat_unix_ms.map(time_text)),
            "user" => fields.user.as_deref().map_or(Resolved::NULL, user_node),
            "forkedFrom" => text(extra().forked_from),
            _ => return self.run_rows(run, field, arguments),
        })
    }

    fn run_rows(&self, run: &RunNode, field: &str, arguments: &Arguments) -> Outcome {
        let view = || run.view(self.tracker);
        let extra = RunExtra::of(&run.record);
        let list =
            |lines: Vec<String>| Resolved::List(lines.into_iter().map(Resolved::text).collect());
        Ok(match field {
            "historyLineCount" => int(next_line(view()?, HISTORY)),
            "eventsLineCount" => int(next_line(view()?, EVENTS)),
            "logLineCount" => int(match extra.again {
                0 => view()?.total_lines(CONSOLE),
                // Who resumes goes on in the lines of the last time that the id was used.
                _ => next_line(view()?, CONSOLE),
            }),
            "historyTail" => Resolved::text(tail_text(&tail(view()?, HISTORY).map_err(refused)?)),
            "eventsTail" => Resolved::text(tail_text(&tail(view()?, EVENTS).map_err(refused)?)),
            "history" => {
                let (first, last) = (arguments.int("minStep")?, arguments.int("maxStep")?);
                list(
                    match (first, last) {
                        (None, None) => sampled_lines(view()?, HISTORY, arguments.int("samples")?),
                        // The first is in the range and the last is not.
                        (first, last) => {
                            let first = first.unwrap_or(i64::MIN);
                            let last = last.map_or(i64::MAX, |step| step.saturating_sub(1));
                            lines_in(view()?, HISTORY, &(first..=last))
                        }
                    }
                    .map_err(refused)?,
                )
            }
            "events" => {
                let samples = arguments.int("samples")?;
                list(sampled_lines(view()?, EVENTS, samples).map_err(refused)?)
            }
            "sampledHistory" => {
                let specs = arguments.list("specs").into_iter();
                let answers = specs.map(|spec| {
                    let query = series_query(spec)?;
                    let rows = series(view()?, &query).map_err(refused)?;
                    Ok(Resolved::Json(Json::Array(rows)))
                });
                Resolved::List(answers.collect::<Result<_, GraphqlError>>()?)
            }
            "historyKeys" => Resolved::Json(history_keys(view()?).map_err(refused)?),
            // Everything is live: the client then asks for all rows by their steps.
            "parquetHistory" => Resolved::Json(Json::object([
                ("parquetUrls", Json::Array(Vec::new())),
                ("liveData", Json::Array(Vec::new())),
            ])),
            "systemMetrics" => {
                let metrics = system_metrics(view()?).map_err(refused)?;
                Resolved::text(Json::Object(metrics).to_line())
            }
            "logLines" => self.console(view()?, arguments)?,
            "files" | "fileCount" => self.run_files(run, field, arguments)?,
            "inputArtifacts" => self.run_artifacts(run, Lineage::In, arguments)?,
            "outputArtifacts" => self.run_artifacts(run, Lineage::Out, arguments)?,
            _ => Resolved::Unknown,
        })
    }
}

/// Of what the client keeps for itself, the keys that it asks for.
fn internal_config(config: Option<&str>, arguments: &Arguments) -> Result<String, GraphqlError> {
    let keys = arguments.texts("keys")?.unwrap_or_default();
    let config = RunConfig::decode(config.unwrap_or_default());
    let config = config.map_err(|error| refused(error.into()))?;
    Ok(Json::Object(config.internal_of(&keys)).to_line())
}

/// A JSONString of a list of strings, each a line.
fn tail_text(lines: &[String]) -> String {
    Json::Array(lines.iter().map(Json::text).collect()).to_line()
}

fn series_query(spec: &Json) -> Result<SeriesQuery, GraphqlError> {
    let parsed;
    let spec = match spec {
        Json::String(text) => {
            parsed =
                json::parse("argument 'specs'", text).map_err(|error| refused(error.into()))?;
            &parsed
        }
        other => other,
    };
    Ok(SeriesQuery::from_json(spec))
}
