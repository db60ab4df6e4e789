//! Series at any zoom: exact minimum, maximum, mean, last and count of each stretch of steps.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_store::{Bucket, RunView};
use gradus_tracker::runs::{EVENTS, HISTORY};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, ProjectPath, RunPath, StepRange, Who, answered};
use super::asked::{bad_input, json_body, limited};
use super::exact::Float;
use super::rows::checked_keys;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_BUCKETS: usize = 1_000;
const MOST_BUCKETS: usize = 20_000;
/// Of all series of one answer.
const MOST_IN_ALL: usize = 2_000_000;
const MOST_RUNS: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BucketsParameters {
    /// One metric; `system.…` for one of the machine.
    key: String,
    min_step: Option<i64>,
    max_step: Option<i64>,
    /// 1 to 20,000, 1,000 where nothing is said.
    buckets: Option<u64>,
}

/// One metric of one run, as columns: a place in each list is a bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct BucketSeries {
    pub run: String,
    pub key: String,
    /// Steps of one bucket, counted from the first step; 0 where there is no number.
    pub width: u64,
    /// Steps at which numbers lie, both inclusive. Buckets without numbers are left out.
    pub first_steps: Vec<i64>,
    pub last_steps: Vec<i64>,
    /// Numbers, NaN included.
    pub counts: Vec<u64>,
    pub nan_counts: Vec<u64>,
    /// Null where every number is NaN; so are `maxs` and `means`. Infinities are texts.
    #[schema(value_type = Vec<Option<f64>>)]
    pub mins: Vec<Option<Float>>,
    #[schema(value_type = Vec<Option<f64>>)]
    pub maxs: Vec<Option<Float>>,
    /// Of all but NaN.
    #[schema(value_type = Vec<Option<f64>>)]
    pub means: Vec<Option<Float>>,
    /// At the highest step; of several there the one sent last.
    #[schema(value_type = Vec<f64>)]
    pub lasts: Vec<Float>,
}

/// One metric of one run in buckets
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/buckets", tag = "rows",
    params(RunPath, BucketsParameters), responses((status = 200, body = BucketSeries)))]
pub async fn of_one(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<BucketsParameters>,
) -> Answer<BucketSeries> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let steps = StepRange {
            min_step: asked.min_step,
            max_step: asked.max_step,
        };
        let count = limited(asked.buckets, USUAL_BUCKETS, MOST_BUCKETS);
        of_view(&view, &asked.key, steps, count)
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BucketsOfMany {
    /// Ids of runs, at most 500.
    runs: Vec<String>,
    /// At most 200.
    keys: Vec<String>,
    #[serde(default)]
    min_step: Option<i64>,
    #[serde(default)]
    max_step: Option<i64>,
    /// Of each series, 1 to 20,000; 1,000 where nothing is said. All series together have at most
    /// 2,000,000.
    #[serde(default)]
    buckets: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BucketsAnswer {
    /// For each run each key of which it has numbers.
    pub series: Vec<BucketSeries>,
    /// Runs that are not there.
    pub missing_runs: Vec<String>,
}

/// Metrics of many runs in buckets
#[utoipa::path(post, path = "/projects/{entity}/{project}/buckets", tag = "rows",
    params(ProjectPath), request_body = BucketsOfMany,
    responses((status = 200, body = BucketsAnswer)))]
pub async fn of_many(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<BucketsAnswer> {
    let asked: BucketsOfMany = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let keys = checked_keys(asked.keys)?;
        if asked.runs.len() > MOST_RUNS {
            let text = format!(
                "{} runs; at most {MOST_RUNS} go into one request",
                asked.runs.len()
            );
            return Err(bad_input(text));
        }
        let count = limited(asked.buckets, USUAL_BUCKETS, MOST_BUCKETS);
        let in_all = asked
            .runs
            .len()
            .saturating_mul(keys.len())
            .saturating_mul(count);
        if in_all > MOST_IN_ALL {
            let text = format!("{in_all} buckets; at most {MOST_IN_ALL} go into one answer");
            return Err(bad_input(text));
        }
        let steps = StepRange {
            min_step: asked.min_step,
            max_step: asked.max_step,
        };
        let mut answer = BucketsAnswer {
            series: Vec::new(),
            missing_runs: Vec::new(),
        };
        for run in asked.runs {
            let key = gradus_store::RunKey::new(&project.entity, &project.name, &run);
            let Some(view) = app.tracker.store.run(&key) else {
                answer.missing_runs.push(run);
                continue;
            };
            for key in &keys {
                let series = of_view(&view, key, steps, count)?;
                answer.series.extend((series.width > 0).then_some(series));
            }
        }
        Ok(answer)
    })
    .await
}

fn of_view(
    view: &RunView,
    key: &str,
    steps: StepRange,
    count: usize,
) -> Result<BucketSeries, Refusal> {
    let stream = match key.starts_with("system.") {
        true => EVENTS,
        false => HISTORY,
    };
    let found = view.buckets(stream, key, &steps.steps(), count)?;
    let width = found.as_ref().map_or(0, |found| found.width);
    let buckets = found.map(|found| found.buckets).unwrap_or_default();
    let floats = |value: &dyn Fn(&Bucket) -> Option<f64>| -> Vec<Option<Float>> {
        let values = buckets.iter().map(|bucket| value(bucket).map(Float));
        values.collect()
    };
    let mean = |bucket: &Bucket| {
        let numbers = bucket.count - bucket.nan_count;
        (numbers > 0).then(|| bucket.sum / numbers as f64)
    };
    Ok(BucketSeries {
        run: view.record.key.name.clone(),
        key: key.to_owned(),
        width,
        first_steps: buckets.iter().map(|bucket| bucket.first_step).collect(),
        last_steps: buckets.iter().map(|bucket| bucket.last_step).collect(),
        counts: buckets.iter().map(|bucket| bucket.count).collect(),
        nan_counts: buckets.iter().map(|bucket| bucket.nan_count).collect(),
        mins: floats(&|bucket| bucket.min),
        maxs: floats(&|bucket| bucket.max),
        means: floats(&mean),
        lasts: buckets.iter().map(|bucket| Float(bucket.last)).collect(),
    })
}
