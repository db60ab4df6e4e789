//! Recording from another machine without the `wandb` client: begin a run, send its lines.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gradus_tracker::RunUpsert;
use gradus_tracker::history::next_line;
use gradus_tracker::runs::{HISTORY, run_id};
use gradus_wire::{Json, json};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Answer, Denied, InPath, MayWrite, RunPath, answered, bad_input};
use super::run::{RunAnswer, described};
use crate::app::App;
use crate::http::answer::Refusal;
use crate::http::body;
use crate::wandb::{file_stream, graphql};

/// What a request says of a run; what it does not name is left alone.
#[derive(Debug, Default, ToSchema)]
#[expect(
    dead_code,
    reason = "described here; read key by key, so that numbers stay exact"
)]
pub struct RunBegin {
    display_name: Option<String>,
    group: Option<String>,
    job_type: Option<String>,
    sweep: Option<String>,
    notes: Option<String>,
    description: Option<String>,
    tags: Option<Vec<String>>,
    /// `running` where nothing is said.
    state: Option<String>,
    /// The whole configuration: values, or `{"value": …}` around each.
    #[schema(value_type = Option<Object>)]
    config: Option<()>,
    /// The whole summary.
    #[schema(value_type = Option<Object>)]
    summary: Option<()>,
    program: Option<String>,
    host: Option<String>,
    commit: Option<String>,
    repo: Option<String>,
    /// A run that is there goes on, whatever else is said.
    resume: Option<bool>,
    /// Of a run that happened elsewhere: when it began.
    created_unix_ms: Option<i64>,
    /// Of a run that happened elsewhere: when it was last heard of.
    heartbeat_unix_ms: Option<i64>,
    /// Of a run that happened elsewhere: whose it is. Administrators alone say this.
    user: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Begun {
    pub is_new: bool,
    /// Number of the history line that comes next.
    pub next_line: u64,
    pub run: RunAnswer,
}

/// Begin a run, or change what is known of it
///
/// With `host` or `program` a process stands behind the request, and the run is running. A run that
/// has rows already is begun anew, unless neither of these nor a name, notes, tags, group or job
/// type is given.
#[utoipa::path(post, path = "/projects/{entity}/{project}/runs/{run}", tag = "recording",
    params(RunPath), request_body = RunBegin, responses((status = 200, body = Begun)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Begun> {
    let writer = graphql::shared_writer(&headers);
    let held = body::read(&app.room, &headers, body, app.config.limits.body_bytes).await?;
    answered(app, move |app| {
        let (mut upsert, resumes) = upsert_of(&held.bytes)?;
        if upsert.user.is_some() {
            who.caller.check_admin()?;
        }
        let known = app.tracker.run(&who.caller, &path.key());
        upsert.id = known
            .filter(|_| resumes)
            .map(|view| run_id(view.record.number));
        upsert.name = Some(path.run.clone());
        upsert.entity = Some(path.entity.clone());
        upsert.project = Some(path.project.clone());
        let upserted = app.tracker.upsert_run(&who.caller, upsert, &writer)?;
        let view = who.run(app, &path)?;
        Ok(Begun {
            is_new: upserted.is_new,
            next_line: next_line(&view, HISTORY),
            run: described(app, &who, &view)?,
        })
    })
    .await
}

/// What is said of the run, and whether one that is there goes on.
fn upsert_of(bytes: &[u8]) -> Result<(RunUpsert, bool), Refusal> {
    const KEYS: [&str; 18] = [
        "display_name",
        "group",
        "job_type",
        "sweep",
        "notes",
        "description",
        "tags",
        "state",
        "config",
        "summary",
        "program",
        "host",
        "commit",
        "repo",
        "resume",
        "created_unix_ms",
        "heartbeat_unix_ms",
        "user",
    ];
    let (mut upsert, mut resumes) = (RunUpsert::default(), false);
    let Json::Object(entries) = json::parse_bytes("the body", bytes)? else {
        return Err(bad_input("the body has to be a JSON object"));
    };
    for (key, value) in entries {
        if value.is_null() && KEYS.contains(&key.as_str()) {
            continue;
        }
        let wrong = |what: &str| bad_input(format!("'{key}' has to be {what}"));
        match (key.as_str(), &value) {
            ("tags", _) => {
                let texts = value.as_array().ok_or_else(|| wrong("a list of texts"))?;
                let texts = texts.iter().map(|tag| tag.as_str().map(str::to_owned));
                let tags = texts.collect::<Option<_>>();
                upsert.tags = Some(tags.ok_or_else(|| wrong("a list of texts"))?);
            }
            ("config", Json::Object(_)) => upsert.config = Some(value.to_line()),
            ("summary", Json::Object(_)) => upsert.summary = Some(value.to_line()),
            ("config" | "summary", _) => return Err(wrong("an object")),
            ("resume", _) => resumes = value.as_bool().ok_or_else(|| wrong("true or false"))?,
            ("created_unix_ms", _) => {
                upsert.created_unix_ms = Some(value.as_i64().ok_or_else(|| wrong(TIME))?)
            }
            ("heartbeat_unix_ms", _) => {
                upsert.heartbeat_unix_ms = Some(value.as_i64().ok_or_else(|| wrong(TIME))?)
            }
            (name, _) => {
                let field = match name {
                    "display_name" => &mut upsert.display_name,
                    "group" => &mut upsert.group,
                    "job_type" => &mut upsert.job_type,
                    "sweep" => &mut upsert.sweep,
                    "notes" => &mut upsert.notes,
                    "description" => &mut upsert.description,
                    "state" => &mut upsert.state,
                    "program" => &mut upsert.program,
                    "host" => &mut upsert.host,
                    "commit" => &mut upsert.commit,
                    "repo" => &mut upsert.repo,
                    "user" => &mut upsert.user,
                    _ => {
                        let hint = gradus_schema::nearest::did_you_mean(name, KEYS);
                        return Err(bad_input(format!("unknown key '{name}'{hint}")));
                    }
                };
                *field = Some(value.as_str().ok_or_else(|| wrong("a text"))?.to_owned());
            }
        }
    }
    Ok((upsert, resumes))
}

const TIME: &str = "a whole number of milliseconds since 1970";

#[derive(Debug, Serialize, ToSchema)]
pub struct LinesReply {
    /// The run shall stop.
    stopped: bool,
}

/// Send lines of a run: the `wandb` client's `file_stream` body; answered when they are durable
#[utoipa::path(post, path = "/projects/{entity}/{project}/runs/{run}/lines", tag = "recording",
    params(RunPath), request_body = Object, responses((status = 200, body = LinesReply)))]
pub async fn lines(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    _: MayWrite,
    InPath(path): InPath<RunPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Denied> {
    let reply = file_stream::taken(app, peer, path.key(), &headers, body).await?;
    Ok(([(CONTENT_TYPE, "application/json")], reply).into_response())
}
