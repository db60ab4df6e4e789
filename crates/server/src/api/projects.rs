//! Projects.

use std::sync::Arc;

use axum::extract::State;
use gradus_store::RunQuery;
use gradus_tracker::Project;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, DONE, Done, InPath, InQuery, MayWrite, ProjectPath, Who, answered};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectAnswer {
    pub entity: String,
    pub name: String,
    pub description: String,
    /// Who made it.
    pub user: String,
    pub created_unix_ms: i64,
    pub runs: u64,
    /// Runs that are running now.
    pub running: u64,
    /// When a run of it was last heard of.
    pub last_unix_ms: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectList {
    /// Newest first.
    pub projects: Vec<ProjectAnswer>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectsQuery {
    /// Only of this entity; all that the caller may see otherwise.
    entity: Option<String>,
}

/// Projects that the caller may see
#[utoipa::path(get, path = "/projects", tag = "projects", params(ProjectsQuery),
    responses((status = 200, body = ProjectList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InQuery(query): InQuery<ProjectsQuery>,
) -> Answer<ProjectList> {
    answered(app, move |app| {
        let mut projects = app.tracker.projects.all();
        projects.retain(|project| {
            let is_wanted = query
                .entity
                .as_ref()
                .is_none_or(|name| *name == project.entity);
            is_wanted && app.tracker.accounts.may_read(&who.caller, &project.entity)
        });
        projects.sort_by_key(|project| std::cmp::Reverse(project.number));
        let projects = projects.iter().map(|project| described(app, project));
        Ok(ProjectList {
            projects: projects.collect::<Result<_, _>>()?,
        })
    })
    .await
}

/// One project
#[utoipa::path(get, path = "/projects/{entity}/{project}", tag = "projects", params(ProjectPath),
    responses((status = 200, body = ProjectAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<ProjectAnswer> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        described(app, &project)
    })
    .await
}

/// Remove a project and all its runs
#[utoipa::path(delete, path = "/projects/{entity}/{project}", tag = "projects", params(ProjectPath),
    responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<ProjectPath>,
) -> Answer<Done> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        app.tracker.remove_project(&who.caller, project.number)?;
        Ok(DONE)
    })
    .await
}

fn described(app: &App, project: &Project) -> Result<ProjectAnswer, Refusal> {
    let store = &app.tracker.store;
    let all = RunQuery {
        entity: Some(project.entity.clone()),
        project: Some(project.name.clone()),
        order: vec![gradus_store::Order {
            field: gradus_store::Field::HeartbeatUnixMs,
            is_descending: true,
        }],
        limit: 1,
        ..RunQuery::default()
    };
    let running = RunQuery {
        filter: gradus_store::Filter::Compare {
            field: gradus_store::Field::State,
            comparison: gradus_store::Comparison::Equal,
            value: gradus_store::Scalar::Text(gradus_tracker::runs::RUNNING.to_owned()),
        },
        ..all.clone()
    };
    let last = store.runs(&all)?;
    Ok(ProjectAnswer {
        entity: project.entity.clone(),
        name: project.name.clone(),
        description: project.description.clone(),
        user: project.user.clone(),
        created_unix_ms: project.created_unix_ms,
        runs: store.count_runs(&all)?,
        running: store.count_runs(&running)?,
        last_unix_ms: last
            .first()
            .and_then(|record| record.fields.heartbeat_unix_ms),
    })
}
