//! Rows and series as they were logged, every one of them, in pages by step.

use std::sync::Arc;

use axum::extract::State;
use gradus_tracker::history::to_json;
use gradus_tracker::pages;
use gradus_tracker::runs::{EVENTS, HISTORY};
use gradus_wire::json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, RunPath, StepRange, Who, answered, bad_input};
use super::asked::{limited, names};
use super::exact::Exact;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_ROWS: usize = 10_000;
const MOST_ROWS: usize = 100_000;
const MOST_KEYS: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesParameters {
    /// With commas between them, or as a JSON list.
    keys: String,
    min_step: Option<i64>,
    max_step: Option<i64>,
    /// Rows of a page, 1 to 100,000; 10,000 where nothing is said. Rows of one step stay together.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesAnswer {
    pub keys: Vec<String>,
    pub steps: Vec<i64>,
    /// For each key the values at these steps, as they were logged; NaN and infinities as texts.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub values: Vec<Vec<Exact>>,
    /// `min_step` of the next page; null where nothing follows.
    pub next_min_step: Option<i64>,
}

/// The values of keys in the rows that have all of them
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/series", tag = "rows",
    params(RunPath, SeriesParameters), responses((status = 200, body = SeriesAnswer)))]
pub async fn series(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<SeriesParameters>,
) -> Answer<SeriesAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let keys = checked_keys(names(Some(&asked.keys))?)?;
        let steps = StepRange {
            min_step: asked.min_step,
            max_step: asked.max_step,
        };
        let limit = limited(asked.limit, USUAL_ROWS, MOST_ROWS);
        let wanted: Vec<&str> = keys.iter().map(String::as_str).collect();
        let page = pages::series(&view, HISTORY, &wanted, &steps.steps(), limit)?;
        let mut values: Vec<Vec<Exact>> = vec![Vec::with_capacity(page.items.len()); keys.len()];
        for row in &page.items {
            for (column, value) in values.iter_mut().zip(&row.values) {
                column.push(Exact(to_json(value)));
            }
        }
        Ok(SeriesAnswer {
            steps: page.items.iter().map(|row| row.step).collect(),
            keys,
            values,
            next_min_step: page.next_min_step,
        })
    })
    .await
}

pub fn checked_keys(keys: Vec<String>) -> Result<Vec<String>, Refusal> {
    match keys.len() {
        0 => Err(bad_input("name at least one key: ?keys=loss,accuracy")),
        1..=MOST_KEYS => Ok(keys),
        count => Err(bad_input(format!(
            "{count} keys; at most {MOST_KEYS} go into one request"
        ))),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsParameters {
    /// `history` where nothing is said, or `system`.
    stream: Option<String>,
    min_step: Option<i64>,
    max_step: Option<i64>,
    /// Rows of a page, 1 to 100,000; 10,000 where nothing is said. Rows of one step stay together.
    limit: Option<u64>,
    /// Each row is the text that was logged, byte for byte, NaN and infinities and all.
    as_text: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RowsAnswer {
    /// As they were logged; NaN and infinities as texts. A line that is no JSON is a text.
    #[schema(value_type = Vec<Object>)]
    pub rows: Vec<Exact>,
    /// `min_step` of the next page; null where nothing follows.
    pub next_min_step: Option<i64>,
}

/// Whole rows
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/rows", tag = "rows",
    params(RunPath, RowsParameters), responses((status = 200, body = RowsAnswer)))]
pub async fn rows(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<RowsParameters>,
) -> Answer<RowsAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let stream = match asked.stream.as_deref().unwrap_or("history") {
            "history" => HISTORY,
            "system" => EVENTS,
            other => {
                let text = format!("there is no stream '{other}'; use 'history' or 'system'");
                return Err(bad_input(text));
            }
        };
        let steps = StepRange {
            min_step: asked.min_step,
            max_step: asked.max_step,
        };
        let limit = limited(asked.limit, USUAL_ROWS, MOST_ROWS);
        let page = pages::rows(&view, stream, &steps.steps(), limit)?;
        let is_text = asked.as_text.unwrap_or(false);
        let rows = page.items.into_iter().map(|line| {
            if is_text {
                return Exact(gradus_wire::Json::String(line));
            }
            let parsed = json::parse("a row", &line);
            Exact(parsed.unwrap_or(gradus_wire::Json::String(line)))
        });
        Ok(RowsAnswer {
            rows: rows.collect(),
            next_min_step: page.next_min_step,
        })
    })
    .await
}
