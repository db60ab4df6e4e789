//! Dashboards of a project: YAML in, YAML with what it means out.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_schema::PanelKind;
use gradus_tracker::dashboards::{DashboardView, Expected};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{
    Answer, DONE, Done, ErrorAnswer, InPath, MayWrite, ProjectPath, Who, answered, bad_input,
    text_body,
};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardList {
    /// By name. A project without any has the one made from its metrics, where its runs log keys
    /// of the monitoring design.
    pub dashboards: Vec<DashboardEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardEntry {
    pub name: String,
    pub title: String,
    pub user: String,
    pub updated_unix_ms: i64,
    /// Made from the project's metrics, not kept.
    pub is_made: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardAnswer {
    pub name: String,
    pub title: String,
    /// As it was sent.
    pub yaml: String,
    /// Of the YAML: what `If-Match` takes, in quotes. Null for one that is not kept.
    pub version: Option<String>,
    pub datasets: Vec<String>,
    /// Those of the file, then those that its data sets get.
    pub panels: Vec<PanelAnswer>,
    /// What panels name and no run of the project has.
    pub warnings: Vec<String>,
    pub user: String,
    pub updated_unix_ms: i64,
    /// Made from the project's metrics, not kept.
    pub is_made: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PanelAnswer {
    /// `line`, `bar`, `scalar`, `table`, `pie` or `scatter`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: PanelKind,
    pub title: String,
    /// As they stand in the file, `*` included.
    pub metrics: Vec<String>,
    /// Metrics of the project that are meant.
    pub found: Vec<String>,
    pub x_axis: Option<String>,
    pub y_axis: Option<String>,
    pub columns: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DashboardPath {
    entity: String,
    project: String,
    name: String,
}

impl DashboardPath {
    fn project(&self) -> ProjectPath {
        ProjectPath {
            entity: self.entity.clone(),
            project: self.project.clone(),
        }
    }
}

/// Dashboards of a project
#[utoipa::path(get, path = "/projects/{entity}/{project}/dashboards", tag = "dashboards",
    params(ProjectPath), responses((status = 200, body = DashboardList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<DashboardList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let kept = app.tracker.dashboards.of_project(project.number);
        let kept = kept.iter().map(|dashboard| DashboardEntry {
            name: dashboard.name.clone(),
            title: gradus_schema::DashboardFile::parse(&dashboard.yaml)
                .map(|file| file.title)
                .unwrap_or_default(),
            user: dashboard.user.clone(),
            updated_unix_ms: dashboard.updated_unix_ms,
            is_made: false,
        });
        let made = app
            .tracker
            .made_dashboard(&project)?
            .map(|view| DashboardEntry {
                name: view.dashboard.name,
                title: view.file.title,
                user: view.dashboard.user,
                updated_unix_ms: view.dashboard.updated_unix_ms,
                is_made: true,
            });
        Ok(DashboardList {
            dashboards: kept.chain(made).collect(),
        })
    })
    .await
}

/// One dashboard
#[utoipa::path(get, path = "/projects/{entity}/{project}/dashboards/{name}", tag = "dashboards",
    params(DashboardPath), responses((status = 200, body = DashboardAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<DashboardPath>,
) -> Answer<DashboardAnswer> {
    answered(app, move |app| {
        let project = who.project(app, &path.project())?;
        Ok(shown(app.tracker.dashboard(&project, &path.name)?))
    })
    .await
}

/// Keep a dashboard; the body is its YAML
///
/// With `If-Match: "VERSION"` only over the version that was read, with `If-None-Match: *` only where
/// there is none of the name; else 412, and nothing is kept.
#[utoipa::path(put, path = "/projects/{entity}/{project}/dashboards/{name}", tag = "dashboards",
    params(DashboardPath,
        ("If-Match" = Option<String>, Header, description = "Versions in quotes, or `*`"),
        ("If-None-Match" = Option<String>, Header, description = "`*`")),
    request_body(content = String, content_type = "application/yaml"),
    responses((status = 200, body = DashboardAnswer), (status = 412, body = ErrorAnswer)))]
pub async fn put(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<DashboardPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<DashboardAnswer> {
    let expected = expected(&headers)?;
    let yaml = text_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let project = who.project(app, &path.project())?;
        let tracker = &app.tracker;
        let kept = tracker.put_dashboard(&who.caller, &project, &path.name, &yaml, &expected)?;
        Ok(shown(kept))
    })
    .await
}

/// RFC 9110, 13.1.1 and 13.1.2.
fn expected(headers: &HeaderMap) -> Result<Expected, Refusal> {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values
            .next()
            .map(|value| value.to_str().unwrap_or("?").trim());
        value.map(|value| (value, values.next().is_none()))
    };
    match (only("if-match"), only("if-none-match")) {
        (None, None) => Ok(Expected::Anything),
        (Some(("*", true)), None) => Ok(Expected::Something),
        (None, Some(("*", true))) => Ok(Expected::Nothing),
        (Some((versions, true)), None) => {
            let versions = versions.split(',').map(|version| {
                // A weak one (W/"…") is never the same in a strong comparison.
                let version = version.trim().strip_prefix('"')?.strip_suffix('"')?;
                Some(version.to_owned())
            });
            let versions: Option<Vec<_>> = versions.collect();
            let versions = versions.ok_or_else(|| bad_input(CONDITION))?;
            Ok(Expected::Versions(versions))
        }
        _ => Err(bad_input(CONDITION)),
    }
}

const CONDITION: &str =
    "the condition has to be one header: If-Match: \"VERSION\", If-Match: * or If-None-Match: *";

/// Remove a dashboard
#[utoipa::path(delete, path = "/projects/{entity}/{project}/dashboards/{name}",
    tag = "dashboards", params(DashboardPath), responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<DashboardPath>,
) -> Answer<Done> {
    answered(app, move |app| {
        let project = who.project(app, &path.project())?;
        app.tracker
            .remove_dashboard(&who.caller, &project, &path.name)?;
        Ok(DONE)
    })
    .await
}

fn shown(view: DashboardView) -> DashboardAnswer {
    let metrics: Vec<&str> = view.metrics.iter().map(String::as_str).collect();
    let panels = view.file.all_panels().into_iter().map(|panel| PanelAnswer {
        found: panel
            .chosen(&metrics)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        kind: panel.kind,
        title: panel.title,
        metrics: panel.metrics,
        x_axis: panel.x_axis,
        y_axis: panel.y_axis,
        columns: panel.columns,
    });
    let version = (!view.is_made).then(|| view.dashboard.version());
    DashboardAnswer {
        panels: panels.collect(),
        version,
        name: view.dashboard.name,
        title: view.file.title,
        yaml: view.dashboard.yaml,
        datasets: view.file.datasets,
        warnings: view.warnings,
        user: view.dashboard.user,
        updated_unix_ms: view.dashboard.updated_unix_ms,
        is_made: view.is_made,
    }
}
