//! What every handler takes: who asks, the parts of the address, a JSON body; and how it refuses.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use gradus_schema::nearest::did_you_mean;
use gradus_store::{RunKey, RunView};
use gradus_tracker::{Caller, Project};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{App, blocking};
use crate::http::answer::Refusal;
use crate::http::{address, auth, body};

/// Bodies that say what to do, not what was measured.
const SMALL_BODY: usize = 1 << 20;

/// The caller, and the address under which the caller reaches us.
pub struct Who {
    pub caller: Caller,
    pub base_url: String,
    /// A program of this machine asks, of a server that listens to nobody else.
    pub is_of_this_machine: bool,
}

impl FromRequestParts<Arc<App>> for Who {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denied> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let Some(ConnectInfo(peer)) = peer else {
            return Err(Refusal::internal("the caller's address is not known").into());
        };
        let caller = auth::caller(app, &parts.headers, peer.ip())?;
        let external = app.config.external_url.as_deref();
        Ok(Self {
            caller,
            base_url: address::base_url(&parts.headers, external),
            is_of_this_machine: auth::is_of_this_machine(app, &parts.headers, peer.ip()),
        })
    }
}

/// A caller whose key may change something; found out before a body is read.
pub struct MayWrite(pub Who);

impl FromRequestParts<Arc<App>> for MayWrite {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denied> {
        let who = Who::from_request_parts(parts, app).await?;
        who.caller.check_write()?;
        Ok(Self(who))
    }
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct Denied(pub Refusal);

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        auth::refused(self.0)
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<gradus_tracker::Error> for Denied {
    fn from(error: gradus_tracker::Error) -> Self {
        Self(error.into())
    }
}

/// How a refusal looks.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorAnswer {
    /// What went wrong and what to do.
    error: String,
    errors: Vec<ErrorMessage>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorMessage {
    message: String,
}

pub type Answer<T> = Result<axum::Json<T>, Denied>;

/// Does what reads and writes files where it may block.
pub async fn answered<T: Send + 'static>(
    app: Arc<App>,
    work: impl FnOnce(&App) -> Result<T, Refusal> + Send + 'static,
) -> Answer<T> {
    let done = blocking(move || work(&app)).await??;
    Ok(axum::Json(done))
}

/// Parts of the path.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for InPath<T> {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denied> {
        match Path::<T>::from_request_parts(parts, app).await {
            Ok(Path(found)) => Ok(Self(found)),
            Err(problem) => Err(bad_input(problem.body_text()).into()),
        }
    }
}

/// What stands behind the question mark.
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for InQuery<T> {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denied> {
        match Query::<T>::from_request_parts(parts, app).await {
            Ok(Query(found)) => Ok(Self(found)),
            Err(problem) => Err(bad_input(with_nearest(&problem.body_text())).into()),
        }
    }
}

pub fn bad_input(text: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, text)
}

pub fn not_found(text: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, text)
}

/// A JSON body of at most 1 MiB.
pub async fn json_body<T: DeserializeOwned>(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<T, Refusal> {
    let held = body::read(&app.room, headers, body, SMALL_BODY).await?;
    read_json(&held.bytes)
}

/// # Errors
/// What serde says, and for an unknown key the nearest one.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|problem| {
        let text = with_nearest(&problem.to_string());
        bad_input(format!("the body is not what is wanted here: {text}"))
    })
}

/// A body of text of at most 1 MiB.
pub async fn text_body(app: &App, headers: &HeaderMap, body: Body) -> Result<String, Refusal> {
    let held = body::read(&app.room, headers, body, SMALL_BODY).await?;
    let text = std::str::from_utf8(&held.bytes);
    let text = text.map_err(|_| bad_input("the body is not UTF-8"))?;
    Ok(text.to_owned())
}

/// serde says "unknown field `a`, expected one of `b`, `c`": the nearest of those.
fn with_nearest(problem: &str) -> String {
    let mut words = problem.split('`').skip(1).step_by(2);
    let hint = match (problem.contains("unknown field"), words.next()) {
        (true, Some(word)) => did_you_mean(word, words),
        _ => String::new(),
    };
    format!("{problem}{hint}")
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProjectPath {
    pub entity: String,
    pub project: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RunPath {
    pub entity: String,
    pub project: String,
    /// The run's id, as `wandb` shows it in addresses.
    pub run: String,
}

impl RunPath {
    pub fn key(&self) -> RunKey {
        RunKey::new(&self.entity, &self.project, &self.run)
    }
}

impl Who {
    /// # Errors
    /// A project that is not there, or that the caller may not know of.
    pub fn project(&self, app: &App, path: &ProjectPath) -> Result<Arc<Project>, Refusal> {
        let found = app
            .tracker
            .project(&self.caller, Some(&path.entity), &path.project);
        found.ok_or_else(|| {
            let accounts = &app.tracker.accounts;
            let known = match accounts.may_read(&self.caller, &path.entity) {
                true => app.tracker.projects.of_entity(&path.entity),
                false => Vec::new(),
            };
            let names = known.iter().map(|project| project.name.as_str());
            let hint = did_you_mean(&path.project, names);
            let (entity, project) = (&path.entity, &path.project);
            not_found(format!("project {entity}/{project} not found{hint}"))
        })
    }

    /// # Errors
    /// A run that is not there, or that the caller may not know of.
    pub fn run(&self, app: &App, path: &RunPath) -> Result<RunView, Refusal> {
        let key = path.key();
        let found = app.tracker.run(&self.caller, &key);
        found.ok_or_else(|| {
            not_found(format!(
                "run {key} not found; a run's id is the last part of its address, not its display name"
            ))
        })
    }
}

/// Names in one parameter: a JSON list of texts, or names with commas between them.
pub fn names(text: Option<&str>) -> Result<Vec<String>, Refusal> {
    let text = text.unwrap_or_default().trim();
    if text.starts_with('[') {
        return read_json(text.as_bytes());
    }
    let mut seen = BTreeSet::new();
    let names = text.split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty() && seen.insert(*name));
    Ok(names.map(str::to_owned).collect())
}

/// Steps, both inclusive.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StepRange {
    pub min_step: Option<i64>,
    pub max_step: Option<i64>,
}

impl StepRange {
    pub fn steps(&self) -> std::ops::RangeInclusive<i64> {
        self.min_step.unwrap_or(i64::MIN)..=self.max_step.unwrap_or(i64::MAX)
    }
}

/// A number that a request asks for, held to what is allowed.
pub fn limited(asked: Option<u64>, usual: usize, most: usize) -> usize {
    let asked = asked.map(|asked| usize::try_from(asked).unwrap_or(usize::MAX));
    asked.unwrap_or(usual).clamp(1, most)
}

pub async fn unknown_route(_: Who, uri: Uri) -> Denied {
    let path = uri.path();
    let text = format!("there is no route {path}; /api/v1/openapi.json describes those that are");
    not_found(text).into()
}

/// An answer without content.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    pub done: bool,
}

pub const DONE: Done = Done { done: true };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_as_a_list_or_with_commas() {
        assert_eq!(names(Some("a, b,,a")).unwrap(), ["a", "b"]);
        assert_eq!(names(Some(r#"["a,b","c"]"#)).unwrap(), ["a,b", "c"]);
        assert!(names(None).unwrap().is_empty());
        assert!(names(Some("[1]")).is_err());
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only read")]
        struct Wanted {
            display_name: Option<String>,
            notes: Option<String>,
        }
        let refused = read_json::<Wanted>(br#"{"displayname": "x"}"#).unwrap_err();
        assert!(
            refused.message.contains("did you mean 'display_name'?"),
            "{refused:?}"
        );
    }
}
