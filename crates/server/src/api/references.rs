//! Runs as other answers name them, and runs as requests name them.

use gradus_store::RunRecord;
use gradus_tracker::runs::RUNNING;
use serde::Serialize;
use utoipa::ToSchema;

use std::sync::Arc;

use super::asked::{ProjectPath, RunPath, Who};
use crate::app::App;
use crate::http::answer::Refusal;

/// A run that something is about; its address is `projects/ENTITY/PROJECT/runs/NAME`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunReference {
    pub entity: String,
    pub project: String,
    /// The run's id.
    pub name: String,
    pub display_name: Option<String>,
    pub job_type: Option<String>,
    pub group: Option<String>,
    pub state: String,
    pub created_unix_ms: Option<i64>,
}

impl RunReference {
    pub fn of(record: &RunRecord) -> Self {
        let fields = &record.fields;
        Self {
            entity: record.key.entity.clone(),
            project: record.key.project.clone(),
            name: record.key.name.clone(),
            display_name: fields.display_name.clone(),
            job_type: fields.job_type.clone(),
            group: fields.group.clone(),
            state: fields.state.clone().unwrap_or_else(|| RUNNING.to_owned()),
            created_unix_ms: fields.created_unix_ms,
        }
    }
}

/// A run of this project by its id, or of any as `ENTITY/PROJECT/RUN`.
///
/// # Errors
/// A run that is not there, or that the caller may not know of.
pub fn run_named(
    app: &App,
    who: &Who,
    project: &ProjectPath,
    name: &str,
) -> Result<Arc<RunRecord>, Refusal> {
    let parts: Vec<&str> = name.split('/').collect();
    let path = match parts.as_slice() {
        [entity, project, run] => RunPath {
            entity: (*entity).to_owned(),
            project: (*project).to_owned(),
            run: (*run).to_owned(),
        },
        _ => RunPath {
            entity: project.entity.clone(),
            project: project.project.clone(),
            run: name.to_owned(),
        },
    };
    Ok(who.run(app, &path)?.record)
}
