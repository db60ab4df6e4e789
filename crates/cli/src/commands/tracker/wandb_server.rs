//! Runs of another server that speaks to the wandb client, through its public API: everything that
//! the client itself could read, row by row.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, Result};
use gradus_wire::{Json, JsonObject, json};
use serde_json::{Value, json};
use ureq::Agent;

use super::sender::{CONSOLE, HISTORY, RunSender, SYSTEM};
use crate::args::moving::ImportWandbArguments;
use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::Bar;
use crate::tracker_place::{Content, Place};

const RUNS_AT_ONCE: u64 = 50;
/// Steps of one page of history, as the client asks for them.
const STEPS_AT_ONCE: i64 = 10_000;
const LINES_AT_ONCE: u64 = 10_000;
const LARGEST_ANSWER_BYTES: u64 = 1 << 30;

const RUNS: &str =
    "query Runs($project: String!, $entity: String, $cursor: String, $perPage: Int) {
  project(name: $project, entityName: $entity) {
    runs(after: $cursor, first: $perPage, order: \"+created_at\") {
      edges { node {
        name displayName state config summaryMetrics tags notes group jobType sweepName
        createdAt heartbeatAt historyKeys user { username }
      } }
      pageInfo { endCursor hasNextPage }
    }
  }
}";
const HISTORY_PAGE: &str = "query HistoryPage($project: String!, $entity: String, $run: String!,
  $minStep: Int64!, $maxStep: Int64!, $pageSize: Int!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { history(minStep: $minStep, maxStep: $maxStep, samples: $pageSize) }
  }
}";
const EVENTS_OF: &str = "query Events($project: String!, $entity: String, $run: String!) {
  project(name: $project, entityName: $entity) { run(name: $run) { events(samples: 1000000) } }
}";
const LOG_LINES: &str = "query Lines($project: String!, $entity: String, $run: String!,
  $first: Int, $after: String) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    logLines(first: $first, after: $after, useImprovedPagination: true) {
      edges { node { timestamp level line } } pageInfo { endCursor hasNextPage }
    }
  } }
}";
const FILES: &str =
    "query Files($project: String!, $entity: String, $run: String!, $cursor: String) {
  project(name: $project, entityName: $entity) { run(name: $run) {
    files(first: 200, after: $cursor) {
      edges { node { name directUrl sizeBytes } } pageInfo { endCursor hasNextPage }
    }
  } }
}";

/// Another server, and the project there.
struct Source {
    agent: Agent,
    base_url: String,
    authorization: String,
    entity: Option<String>,
    project: String,
}

/// Imports the runs of `https://HOST/ENTITY/PROJECT`.
pub fn import(
    place: &Place,
    entity: &str,
    address: &str,
    arguments: &ImportWandbArguments,
    out: &Out,
) -> Result<Vec<Value>> {
    let source = Source::open(address, &arguments.key_env)?;
    let project = arguments.project.as_deref().unwrap_or(&source.project);
    let is_admin = place.get("viewer")?["is_admin"] == true;
    let runs = source.runs()?;
    let mut bar = Bar::new("import", "{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
    let mut results = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        let name = text(run, "name").unwrap_or_default();
        bar.set(number as u64, Some(runs.len() as u64), name.clone(), || {
            name.clone()
        });
        let key = format!("{entity}/{project}/{name}");
        let about = begin(run, is_admin);
        let begun = RunSender::begin(place, [entity, project, &name], arguments.replace, &about)?;
        let Some(mut sender) = begun else {
            bar.note_or(out, &format!("{key}: is there already"));
            results.push(json!({ "run": key, "was_there": true }));
            continue;
        };
        let taken = source
            .rows_and_files(&mut sender, &name, run)
            .and_then(|taken| sender.end(None, &end(run)).map(|()| taken))
            .with_context(|| format!("run {name}"))?;
        bar.note_or(
            out,
            &format!("{key}: {} rows, {} files", taken.rows, taken.files),
        );
        results.push(json!({
            "run": key,
            "was_there": false,
            "history_rows": taken.rows,
            "files": taken.files,
        }));
    }
    bar.finish();
    Ok(results)
}

struct Taken {
    rows: usize,
    files: usize,
}

impl Source {
    fn open(address: &str, key_env: &str) -> Result<Self> {
        let wanted = "the address of a project is https://HOST/ENTITY/PROJECT";
        let (scheme, rest) = address.split_once("://").context(wanted)?;
        let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
        let (host, entity, project) = match parts.as_slice() {
            [host, entity, project] => (host, Some((*entity).to_owned()), (*project).to_owned()),
            [host, project] => (host, None, (*project).to_owned()),
            _ => return Err(bad_input(format!("{wanted}, not {address}"))),
        };
        let key = std::env::var(key_env).map_err(|_| {
            bad_input(format!(
                "{key_env} is not set; it should hold the API key of {host}"
            ))
        })?;
        let agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(120)))
            .http_status_as_error(false)
            .build();
        Ok(Self {
            agent: agent.into(),
            base_url: format!("{scheme}://{host}"),
            authorization: format!("Basic {}", base64_of(&format!("api:{key}"))),
            entity,
            project,
        })
    }

    /// The `project` of an answer.
    fn ask(&self, document: &str, mut variables: Value) -> Result<Json> {
        variables["project"] = json!(self.project);
        variables["entity"] = json!(self.entity);
        let url = format!("{}/graphql", self.base_url);
        let body = json!({ "query": document, "variables": variables });
        let mut response = self
            .agent
            .post(&url)
            .header("Authorization", &self.authorization)
            .send_json(&body)
            .with_context(|| format!("asking {url}"))?;
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER_BYTES)
            .read_to_string()?;
        let answer = json::parse("the answer", &text)
            .map_err(|error| bad_input(format!("{url} answered {status} and no JSON: {error}")))?;
        if let Some(first) = answer
            .get("errors")
            .and_then(Json::as_array)
            .and_then(<[_]>::first)
        {
            let message = text_of(first, "message").unwrap_or_default();
            return Err(bad_input(format!("{url} answered {status}: {message}")));
        }
        match answer.get("data").and_then(|data| data.get("project")) {
            Some(project) if !project.is_null() => Ok(project.clone()),
            _ => Err(bad_input(format!(
                "{} has no project {}",
                self.base_url, self.project
            ))),
        }
    }

    fn runs(&self) -> Result<Vec<Json>> {
        let mut runs = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.ask(RUNS, json!({ "cursor": cursor, "perPage": RUNS_AT_ONCE }))?;
            let (nodes, next) = connection(page.get("runs"));
            runs.extend(nodes);
            cursor = next;
            if cursor.is_none() {
                return Ok(runs);
            }
        }
    }

    fn rows_and_files(&self, to: &mut RunSender, name: &str, about: &Json) -> Result<Taken> {
        let last = about
            .get("historyKeys")
            .and_then(|keys| keys.get("lastStep"));
        let last = last.and_then(Json::as_i64).unwrap_or(-1);
        let (mut first, mut rows) = (0, 0);
        while first <= last {
            let until = first.saturating_add(STEPS_AT_ONCE);
            let variables = json!({
                "run": name, "minStep": first, "maxStep": until, "pageSize": STEPS_AT_ONCE,
            });
            let page = self.ask(HISTORY_PAGE, variables)?;
            let lines = strings(page.get("run").and_then(|run| run.get("history")));
            rows += lines.len();
            to.lines(HISTORY, lines)?;
            first = until;
        }
        let events = self.ask(EVENTS_OF, json!({ "run": name }))?;
        let events = strings(events.get("run").and_then(|run| run.get("events")));
        to.lines(SYSTEM, events)?;
        self.console(to, name)?;
        let files = self.files(to, name)?;
        Ok(Taken { rows, files })
    }

    fn console(&self, to: &mut RunSender, name: &str) -> Result<()> {
        let mut after = None;
        loop {
            let variables = json!({ "run": name, "first": LINES_AT_ONCE, "after": after });
            let page = self.ask(LOG_LINES, variables)?;
            let (nodes, next) = connection(page.get("run").and_then(|run| run.get("logLines")));
            let lines = nodes.iter().map(|node| {
                let time = text(node, "timestamp").unwrap_or_default();
                let level = match text(node, "level").as_deref() {
                    Some("error") => "ERROR ",
                    _ => "",
                };
                let line = text(node, "line").unwrap_or_default();
                format!("{level}{} {line}", time.trim_end_matches('Z'))
            });
            to.lines(CONSOLE, lines)?;
            after = next;
            if after.is_none() || nodes.is_empty() {
                return Ok(());
            }
        }
    }

    fn files(&self, to: &RunSender, name: &str) -> Result<usize> {
        let (mut count, mut cursor) = (0, None);
        loop {
            let page = self.ask(FILES, json!({ "run": name, "cursor": cursor }))?;
            let (nodes, next) = connection(page.get("run").and_then(|run| run.get("files")));
            for node in &nodes {
                let (Some(name), Some(url)) = (text(node, "name"), text(node, "directUrl")) else {
                    continue;
                };
                self.download(&url)
                    .and_then(|content| to.file(&name, Content::Reader(content)))
                    .with_context(|| format!("the file {name}"))?;
                count += 1;
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(count);
            }
        }
    }

    /// The key goes to the server itself alone, not to a storage elsewhere.
    fn download(&self, url: &str) -> Result<Box<dyn Read + Send>> {
        let mut request = self.agent.get(url);
        if url.starts_with(&format!("{}/", self.base_url)) {
            request = request.header("Authorization", &self.authorization);
        }
        let response = request.call()?;
        match response.status().is_success() {
            true => Ok(Box::new(response.into_body().into_reader())),
            false => Err(bad_input(format!(
                "the server answered {}",
                response.status()
            ))),
        }
    }
}

/// What is said of a run before its rows, as our own API takes it.
fn begin(about: &Json, says_whose: bool) -> JsonObject {
    let get = |name: &str| text(about, name).map_or(Json::Null, Json::text);
    let user = about.get("user").and_then(|user| text(user, "username"));
    let tags = strings(about.get("tags")).into_iter().map(Json::text);
    let created = text(about, "createdAt").and_then(|time| unix_ms(&time));
    let pairs = [
        ("display_name", get("displayName")),
        ("group", get("group")),
        ("job_type", get("jobType")),
        ("sweep", get("sweepName")),
        ("notes", get("notes")),
        ("tags", Json::Array(tags.collect())),
        (
            "user",
            user.filter(|_| says_whose).map_or(Json::Null, Json::text),
        ),
        ("created_unix_ms", created.map_or(Json::Null, Json::int)),
        ("config", object(about, "config")),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// What is said of it after its rows.
fn end(about: &Json) -> JsonObject {
    let heard_of = text(about, "heartbeatAt").and_then(|time| unix_ms(&time));
    let pairs = [
        ("state", text(about, "state").map_or(Json::Null, Json::text)),
        ("heartbeat_unix_ms", heard_of.map_or(Json::Null, Json::int)),
        ("summary", object(about, "summaryMetrics")),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// A text that holds an object.
fn object(about: &Json, key: &'static str) -> Json {
    let parsed = text(about, key).and_then(|text| json::parse_object(key, &text).ok());
    parsed.map_or(Json::Null, Json::Object)
}

fn text(object: &Json, key: &str) -> Option<String> {
    object.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn text_of(object: &Json, key: &str) -> Option<String> {
    text(object, key)
}

fn strings(list: Option<&Json>) -> Vec<String> {
    let items = list.and_then(Json::as_array).unwrap_or_default().iter();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The nodes of a page, and where the next one begins.
fn connection(page: Option<&Json>) -> (Vec<Json>, Option<String>) {
    let edges = page
        .and_then(|page| page.get("edges"))
        .and_then(Json::as_array);
    let nodes = edges
        .unwrap_or_default()
        .iter()
        .filter_map(|edge| edge.get("node"));
    let info = page.and_then(|page| page.get("pageInfo"));
    let has_next = info
        .and_then(|info| info.get("hasNextPage"))
        .and_then(Json::as_bool);
    let end = info.and_then(|info| text(info, "endCursor"));
    (
        nodes.cloned().collect(),
        end.filter(|_| has_next == Some(true)),
    )
}

/// `2026-11-21T01:48:34Z`, with or without parts of seconds and the zone.
fn unix_ms(time: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| time.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    // Years from March on, so that the leap day is the last of one.
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * shifted + shifted.div_euclid(4) - shifted.div_euclid(100)
        + shifted.div_euclid(400)
        + day_of_year
        - 719_468;
    Some((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000)
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for time in [0, 951_782_400_000, 1_795_299_486_000, -86_400_000] {
            let text = gradus_tracker::query::time_text(time);
            assert_eq!(unix_ms(&text), Some(time), "{text}");
        }
        assert_eq!(unix_ms("2026-11-21"), None);
        assert_eq!(unix_ms("é026-11-21T00:00:00"), None);
    }
}
