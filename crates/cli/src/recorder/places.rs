//! Where records go: a server that is named, one that is up on this machine, or the store itself.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_server::Running;
use gradus_store::RunKey;
use gradus_tracker::{Caller, RunUpsert, SystemClock, Tracker, TrackerOptions};
use gradus_wire::file_stream::{FileStreamLimits, FileStreamRequest, SharedWriter};

use serde_json::{Value, json};
use ureq::Agent;

use super::{NewRun, RecorderOptions};

const UPSERT: &str = "mutation Upsert($id: String, $name: String, $project: String,
  $entity: String, $groupName: String, $displayName: String, $jobType: String, $config: JSONString,
  $program: String) {
  upsertBucket(input: {id: $id, name: $name, modelName: $project, entityName: $entity,
    groupName: $groupName, displayName: $displayName, jobType: $jobType, config: $config,
    jobProgram: $program}) {
    bucket { id name historyLineCount project { name entity { name } } }
  }
}";
const FIND: &str = "query Find($name: String!, $project: String!, $entity: String) {
  project(name: $project, entityName: $entity) { run(name: $name) { id } }
}";

pub enum Place {
    Server {
        agent: Agent,
        url: String,
        authorization: Option<String>,
        entity: Option<String>,
    },
    Store(Box<(Tracker, Caller)>),
}

/// A run that is there, and the number of its next history line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub key: RunKey,
    pub next_line: u64,
}

/// The server that shall have everything.
fn named_url() -> Option<String> {
    std::env::var("GRADUS_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

impl Place {
    /// A server, where one is named (`GRADUS_URL`, `GRADUS_API_KEY`) or up.
    pub fn of_server(options: &RecorderOptions) -> Option<Self> {
        let (url, key) = match named_url() {
            Some(url) => (url, std::env::var("GRADUS_API_KEY").ok()),
            None => (Running::of_folder(&options.store_dir)?.url, None),
        };
        let agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(2)))
            .timeout_recv_response(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .build();
        Some(Self::Server {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            authorization: key
                .map(|key| format!("Basic {}", STANDARD.encode(format!("api:{key}")))),
            entity: std::env::var("GRADUS_ENTITY").ok(),
        })
    }

    /// A server, or the store of this machine where nobody has it open.
    pub fn of(options: &RecorderOptions) -> Option<Self> {
        if named_url().is_some() {
            return Self::of_server(options);
        }
        let clock = Arc::new(SystemClock);
        let opened = Tracker::open(&options.store_dir, TrackerOptions::default(), clock);
        // Whether a server is up is told by the store, not by what one that was killed left behind.
        let Ok(tracker) = opened else {
            return Self::of_server(options);
        };
        let caller = crate::commands::tracker_owner(&tracker).ok()?;
        Some(Self::Store(Box::new((tracker, caller))))
    }

    /// Makes the run, or goes on with the one that is there.
    pub fn begin(&self, run: &NewRun) -> Result<Begun> {
        let config = run
            .config
            .iter()
            .map(|(key, value)| (key.clone(), json!({ "value": value })));
        let config = Value::Object(config.collect()).to_string();
        match self {
            Self::Store(opened) => {
                let (tracker, caller) = opened.as_ref();
                let entity = caller.user.default_entity().to_owned();
                let key = RunKey::new(&entity, &run.project, &run.name);
                let known = tracker.store.run(&key);
                let upsert = RunUpsert {
                    id: known.map(|view| gradus_tracker::runs::run_id(view.record.number)),
                    name: Some(run.name.clone()),
                    project: Some(run.project.clone()),
                    group: run.group.clone(),
                    job_type: Some(run.job_type.clone()),
                    display_name: run.display_name.clone(),
                    config: Some(config),
                    program: Some("gradus".into()),
                    ..RunUpsert::default()
                };
                tracker.upsert_run(caller, upsert, &SharedWriter::default())?;
                let view = tracker.store.run(&key).context("the run was deleted")?;
                let next_line = gradus_tracker::history::next_line(&view, "history");
                Ok(Begun { key, next_line })
            }
            Self::Server { entity, .. } => {
                let names = json!({ "name": run.name, "project": run.project, "entity": entity });
                let found = self.ask(FIND, names)?;
                let id = &found["project"]["run"]["id"];
                let variables = json!({
                    "id": id,
                    "name": run.name,
                    "project": run.project,
                    "entity": entity,
                    "groupName": run.group,
                    "displayName": run.display_name,
                    "jobType": run.job_type,
                    "config": config,
                    "program": "gradus",
                });
                let made = self.ask(UPSERT, variables)?;
                let bucket = &made["upsertBucket"]["bucket"];
                let project = &bucket["project"];
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let entity =
                    text(&project["entity"]["name"]).context("the server told no entity")?;
                let project = text(&project["name"]).context("the server told no project")?;
                Ok(Begun {
                    key: RunKey::new(&entity, &project, &run.name),
                    next_line: bucket["historyLineCount"].as_u64().unwrap_or(0),
                })
            }
        }
    }

    /// One body of `file_stream`; it is durable when this returns.
    pub fn stream(&self, key: &RunKey, body: &Value) -> Result<()> {
        let bytes = serde_json::to_vec(body)?;
        match self {
            Self::Store(opened) => {
                let (tracker, caller) = opened.as_ref();
                let request = FileStreamRequest::decode(&bytes, &FileStreamLimits::default())?;
                tracker.stream(caller, key, request, &SharedWriter::default())?;
                Ok(())
            }
            Self::Server { url, .. } => {
                let url = format!(
                    "{url}/files/{}/{}/{}/file_stream",
                    key.entity, key.project, key.name
                );
                self.post(&url, bytes).map(|_| ())
            }
        }
    }

    /// Stores a file of a run; it is durable when this returns. Says why the place will never take
    /// it, where that is so.
    pub fn put_file(&self, key: &RunKey, name: &str, path: &Path) -> Result<Option<String>> {
        let mut content =
            File::open(path).with_context(|| format!("reading {}", path.display()))?;
        match self {
            Self::Store(opened) => {
                let (tracker, _) = opened.as_ref();
                let run = tracker.store.run(key).context("the run was deleted")?;
                let number = run.record.number;
                match tracker.put_run_file(number, name, &mut content) {
                    Err(error @ gradus_tracker::Error::Input(_)) => Ok(Some(error.to_string())),
                    other => other.map(|_| None).map_err(Into::into),
                }
            }
            Self::Server {
                agent,
                url,
                authorization,
                ..
            } => {
                let name = name.split('/').map(percent_encoded).collect::<Vec<_>>();
                let (entity, project, run) = (
                    percent_encoded(&key.entity),
                    percent_encoded(&key.project),
                    percent_encoded(&key.name),
                );
                let name = name.join("/");
                let url =
                    format!("{url}/api/v1/projects/{entity}/{project}/runs/{run}/files/{name}");
                let mut request = agent
                    .put(&url)
                    .header("Content-Type", "application/octet-stream");
                if let Some(authorization) = authorization {
                    request = request.header("Authorization", authorization);
                }
                let mut response = request
                    .send(content)
                    .with_context(|| format!("sending to {url}"))?;
                let text = response.body_mut().read_to_string()?;
                match response.status().as_u16() {
                    200 => Ok(None),
                    // Too large, a bad name, or a server that knows no files from here.
                    status @ (400 | 404 | 405 | 413) => Ok(Some(format!("{status}: {text}"))),
                    status => bail!("{url} answered {status}: {text}"),
                }
            }
        }
    }

    fn ask(&self, document: &str, variables: Value) -> Result<Value> {
        let Self::Server { url, .. } = self else {
            bail!("only servers are asked");
        };
        let body = serde_json::to_vec(&json!({ "query": document, "variables": variables }))?;
        let answer = self.post(&format!("{url}/graphql"), body)?;
        let mut answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["data"].take())
    }

    fn post(&self, url: &str, body: Vec<u8>) -> Result<String> {
        let Self::Server {
            agent,
            authorization,
            ..
        } = self
        else {
            bail!("only servers are asked");
        };
        let mut request = agent.post(url).header("Content-Type", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let mut response = request
            .send(&body[..])
            .with_context(|| format!("sending to {url}"))?;
        let text = response.body_mut().read_to_string()?;
        match response.status().is_success() {
            true => Ok(text),
            false => bail!("{url} answered {}: {text}", response.status()),
        }
    }
}

/// Everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986, 2.3).
fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    encoded.collect()
}
