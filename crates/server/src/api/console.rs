//! What a run printed.

use std::sync::Arc;

use axum::extract::State;
use gradus_tracker::console::console;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, RunPath, Who, answered, limited};
use crate::app::App;

const USUAL_LINES: usize = 1_000;
const MOST_LINES: usize = 50_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsoleParameters {
    /// Number of the first line, 0 where nothing is said.
    after: Option<u64>,
    /// 1 to 50,000, 1,000 where nothing is said.
    limit: Option<u64>,
    /// Only lines with this text in them, in capitals or not.
    search: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsoleAnswer {
    pub lines: Vec<Line>,
    /// Lines of the run, found or not.
    pub total: u64,
    /// `after` of the next page; null at the end.
    pub next_after: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    pub number: u64,
    /// ISO 8601 in UTC, without a zone, as the client wrote it.
    pub timestamp: Option<String>,
    /// Written to standard error.
    pub is_error: bool,
    /// Which of several writers.
    pub label: Option<String>,
    pub text: String,
}

/// Console lines of a run
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/console", tag = "rows",
    params(RunPath, ConsoleParameters), responses((status = 200, body = ConsoleAnswer)))]
pub async fn lines(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<ConsoleParameters>,
) -> Answer<ConsoleAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let limit = limited(asked.limit, USUAL_LINES, MOST_LINES);
        let search = asked.search.as_deref().filter(|text| !text.is_empty());
        let page = console(&view, asked.after.unwrap_or(0), limit, search)?;
        let lines = page.lines.into_iter().map(|(number, line)| Line {
            number,
            timestamp: line.timestamp,
            is_error: line.is_error,
            label: line.label,
            text: line.text,
        });
        Ok(ConsoleAnswer {
            lines: lines.collect(),
            total: page.total,
            next_after: page.next_after,
        })
    })
    .await
}
