//! Media and tables of a run: which keys hold some, and where their files are.

use std::sync::Arc;

use axum::extract::State;
use gradus_tracker::media::MediaKey;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Answer, InPath, RunPath, Who, answered};
use super::exact::Exact;
use super::files::{FileAnswer, shown};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct MediaList {
    /// By key.
    pub media: Vec<MediaAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MediaAnswer {
    /// Nested ones with dots.
    pub key: String,
    /// As the `wandb` client names it: `image-file`, `images/separated`, `table-file`, `html-file`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Rows of history in which the key is; 0 where only the summary has it.
    pub rows: u64,
    /// Step of the last of them, where that is known.
    pub last_step: Option<i64>,
    /// The last value as it was logged.
    #[schema(value_type = Object)]
    pub value: Exact,
    /// The files that it names and that arrived.
    pub files: Vec<FileAnswer>,
    /// Those that did not arrive (yet).
    pub missing: Vec<String>,
}

/// Keys of a run that hold media or tables
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/media", tag = "files",
    params(RunPath), responses((status = 200, body = MediaList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<MediaList> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let media = app.tracker.media(&view)?.into_iter();
        let media = media.map(|media| answer_of(app, &who, view.record.number, media));
        Ok(MediaList {
            media: media.collect::<Result<_, Refusal>>()?,
        })
    })
    .await
}

fn answer_of(app: &App, who: &Who, run: u64, media: MediaKey) -> Result<MediaAnswer, Refusal> {
    let (mut files, mut missing) = (Vec::new(), Vec::new());
    for path in media.paths {
        match app.tracker.files.get(run, &path) {
            Some(file) => files.push(shown(app, who, &file)?),
            None => missing.push(path),
        }
    }
    Ok(MediaAnswer {
        key: media.key,
        kind: media.kind,
        rows: media.rows,
        last_step: media.last_step,
        value: Exact(media.value),
        files,
        missing,
    })
}
