//! Series at any zoom: exact minimum, maximum, mean, last and count of each stretch of steps, or of
//! another metric's values.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gradus_store::{Bucket, RunView};
use gradus_tracker::buckets::{XBucket, over_metric};
use gradus_tracker::runs::{EVENTS, HISTORY};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, Denied, InPath, InQuery, ProjectPath, RunPath, StepRange, Who};
use super::asked::{answered, bad_input, json_body, limited};
use super::buckets_binary::{self, ALL_COLUMNS, BucketColumn};
use super::exact::Float;
use super::rows::checked_keys;
use crate::app::{App, blocking};
use crate::http::answer::Refusal;

const USUAL_BUCKETS: usize = 1_000;
const MOST_BUCKETS: usize = 20_000;
/// Of all series of one answer.
const MOST_IN_ALL: usize = 2_000_000;
const MOST_RUNS: usize = 500;
/// Threads that one answer may keep busy.
const MOST_THREADS: usize = 4;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BucketsParameters {
    /// One metric; `system.…` for one of the machine.
    key: String,
    /// Buckets over the values of this metric, in rows that have both, instead of over steps.
    x_key: Option<String>,
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
    /// Steps of one bucket, counted from the first step; 0 where there is no number, and over
    /// another metric's values.
    pub width: u64,
    /// Steps at which numbers lie, both inclusive. Buckets without numbers are left out.
    pub first_steps: Vec<i64>,
    pub last_steps: Vec<i64>,
    /// Lowest and highest value of `x_key`; absent over steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first_xs: Vec<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last_xs: Vec<f64>,
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
        let range = StepRange {
            min_step: asked.min_step,
            max_step: asked.max_step,
        };
        let wanted = Wanted {
            steps: range.steps(),
            buckets: limited(asked.buckets, USUAL_BUCKETS, MOST_BUCKETS),
            x_key: asked.x_key,
        };
        Ok(found(&view, &asked.key, &wanted)?.into_series())
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
    /// Buckets over the values of this metric, in rows that have both, instead of over steps.
    #[serde(default)]
    x_key: Option<String>,
    #[serde(default)]
    min_step: Option<i64>,
    #[serde(default)]
    max_step: Option<i64>,
    /// Of each series, 1 to 20,000; 1,000 where nothing is said. All series together have at most
    /// 2,000,000.
    #[serde(default)]
    buckets: Option<u64>,
    /// Of a binary answer; all where nothing is said.
    #[serde(default)]
    columns: Option<Vec<BucketColumn>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BucketsAnswer {
    /// For each run each key of which it has numbers.
    pub series: Vec<BucketSeries>,
    /// Runs that are not there.
    pub missing_runs: Vec<String>,
}

/// Metrics of many runs in buckets
///
/// With `Accept: application/vnd.gradus.buckets` the answer is binary, little-endian: length of a
/// header u32; the header as JSON, `{"columns", "missing_runs", "series": [{"run", "key", "width",
/// "n", "offset"}]}`, padded to a multiple of 8 bytes; then for each series, at `offset` after the
/// header, its columns one after another, each `n` 64-bit floats, NaN where there is no number.
#[utoipa::path(post, path = "/projects/{entity}/{project}/buckets", tag = "rows",
    params(ProjectPath), request_body = BucketsOfMany,
    responses((status = 200, body = BucketsAnswer)))]
pub async fn of_many(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Denied> {
    let asked: BucketsOfMany = json_body(&app, &headers, body).await?;
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_binary = accepted.is_some_and(|text| text.contains(buckets_binary::CONTENT_TYPE));
    let columns = asked.columns.clone();
    let work = move || -> Result<Response, Refusal> {
        let (found, missing_runs) = found_of_many(&app, &who, &path, asked)?;
        if !is_binary {
            let series = found.into_iter().map(Found::into_series).collect();
            let answer = BucketsAnswer {
                series,
                missing_runs,
            };
            return Ok(axum::Json(answer).into_response());
        }
        let columns = columns.as_deref().unwrap_or(&ALL_COLUMNS);
        let bytes = buckets_binary::encoded(&found, &missing_runs, columns)
            .map_err(|problem| Refusal::internal(problem.to_string()))?;
        Ok(([(CONTENT_TYPE, buckets_binary::CONTENT_TYPE)], bytes).into_response())
    };
    Ok(blocking(work).await??)
}

/// The series that have numbers, and the runs that are not there.
fn found_of_many(
    app: &App,
    who: &Who,
    path: &ProjectPath,
    asked: BucketsOfMany,
) -> Result<(Vec<Found>, Vec<String>), Refusal> {
    let project = who.project(app, path)?;
    let keys = checked_keys(asked.keys)?;
    if asked.runs.len() > MOST_RUNS {
        let text = format!(
            "{} runs; at most {MOST_RUNS} go into one request",
            asked.runs.len()
        );
        return Err(bad_input(text));
    }
    let buckets = limited(asked.buckets, USUAL_BUCKETS, MOST_BUCKETS);
    let in_all = (asked.runs.len())
        .saturating_mul(keys.len())
        .saturating_mul(buckets);
    if in_all > MOST_IN_ALL {
        let text = format!("{in_all} buckets; at most {MOST_IN_ALL} go into one answer");
        return Err(bad_input(text));
    }
    let range = StepRange {
        min_step: asked.min_step,
        max_step: asked.max_step,
    };
    let wanted = Wanted {
        steps: range.steps(),
        buckets,
        x_key: asked.x_key,
    };
    let (mut views, mut missing_runs) = (Vec::new(), Vec::new());
    for run in asked.runs {
        let key = gradus_store::RunKey::new(&project.entity, &project.name, &run);
        match app.tracker.store.run(&key) {
            Some(view) => views.push(view),
            None => missing_runs.push(run),
        }
    }
    let pairs = views
        .iter()
        .flat_map(|view| keys.iter().map(move |key| (view, key.as_str())));
    let all = in_parallel(&pairs.collect::<Vec<_>>(), &wanted)?;
    let with_numbers = all.into_iter().filter(|found| !found.points.is_empty());
    Ok((with_numbers.collect(), missing_runs))
}

fn in_parallel(pairs: &[(&RunView, &str)], wanted: &Wanted) -> Result<Vec<Found>, Refusal> {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
    let share = pairs.len().div_ceil(threads.min(MOST_THREADS)).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = pairs
            .chunks(share)
            .map(|part| {
                let work = move || -> Result<Vec<Found>, Refusal> {
                    let each = part.iter().map(|(view, key)| found(view, key, wanted));
                    each.collect()
                };
                scope.spawn(work)
            })
            .collect();
        let mut all = Vec::with_capacity(pairs.len());
        for part in parts {
            // A panic is a fault of ours, and stays one.
            let found = part
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(found?);
        }
        Ok(all)
    })
}

/// Which stretches of a series.
struct Wanted {
    steps: RangeInclusive<i64>,
    buckets: usize,
    x_key: Option<String>,
}

/// One series in buckets.
pub struct Found {
    pub run: String,
    pub key: String,
    pub width: u64,
    pub points: Vec<Point>,
}

/// A bucket, and where it lies on the axis of another metric.
pub struct Point {
    bucket: Bucket,
    xs: Option<(f64, f64)>,
}

impl Point {
    pub fn of_steps(bucket: Bucket) -> Self {
        Self { bucket, xs: None }
    }

    fn mean(&self) -> Option<f64> {
        let numbers = self.bucket.count - self.bucket.nan_count;
        (numbers > 0).then(|| self.bucket.sum / numbers as f64)
    }

    pub fn number(&self, column: BucketColumn) -> f64 {
        let bucket = &self.bucket;
        let x = |of: fn((f64, f64)) -> f64| self.xs.map(of);
        let number = match column {
            BucketColumn::FirstSteps => Some(bucket.first_step as f64),
            BucketColumn::LastSteps => Some(bucket.last_step as f64),
            BucketColumn::FirstXs => x(|xs| xs.0),
            BucketColumn::LastXs => x(|xs| xs.1),
            BucketColumn::Counts => Some(bucket.count as f64),
            BucketColumn::NanCounts => Some(bucket.nan_count as f64),
            BucketColumn::Mins => bucket.min,
            BucketColumn::Maxs => bucket.max,
            BucketColumn::Means => self.mean(),
            BucketColumn::Lasts => Some(bucket.last),
        };
        number.unwrap_or(f64::NAN)
    }
}

fn found(view: &RunView, key: &str, wanted: &Wanted) -> Result<Found, Refusal> {
    let stream = match key.starts_with("system.") {
        true => EVENTS,
        false => HISTORY,
    };
    let (width, points) = match &wanted.x_key {
        None => {
            let found = view.buckets(stream, key, &wanted.steps, wanted.buckets)?;
            let width = found.as_ref().map_or(0, |found| found.width);
            let buckets = found.map(|found| found.buckets).unwrap_or_default();
            let points = buckets.into_iter().map(Point::of_steps).collect();
            (width, points)
        }
        Some(x_key) => {
            let steps = &wanted.steps;
            let found = over_metric(view, stream, key, x_key, steps, wanted.buckets)?;
            let points = found.into_iter().map(|XBucket { bucket, xs }| Point {
                bucket,
                xs: Some(xs),
            });
            (0, points.collect())
        }
    };
    Ok(Found {
        run: view.record.key.name.clone(),
        key: key.to_owned(),
        width,
        points,
    })
}

impl Found {
    fn into_series(self) -> BucketSeries {
        let points = &self.points;
        let floats = |value: &dyn Fn(&Point) -> Option<f64>| -> Vec<Option<Float>> {
            points.iter().map(|point| value(point).map(Float)).collect()
        };
        let steps = |step: fn(&Bucket) -> i64| points.iter().map(|it| step(&it.bucket)).collect();
        let counts =
            |count: fn(&Bucket) -> u64| points.iter().map(|it| count(&it.bucket)).collect();
        let xs = |of: fn((f64, f64)) -> f64| points.iter().filter_map(|it| it.xs.map(of)).collect();
        BucketSeries {
            width: self.width,
            first_steps: steps(|bucket| bucket.first_step),
            last_steps: steps(|bucket| bucket.last_step),
            first_xs: xs(|xs| xs.0),
            last_xs: xs(|xs| xs.1),
            counts: counts(|bucket| bucket.count),
            nan_counts: counts(|bucket| bucket.nan_count),
            mins: floats(&|point| point.bucket.min),
            maxs: floats(&|point| point.bucket.max),
            means: floats(&Point::mean),
            lasts: points
                .iter()
                .map(|point| Float(point.bucket.last))
                .collect(),
            run: self.run,
            key: self.key,
        }
    }
}
