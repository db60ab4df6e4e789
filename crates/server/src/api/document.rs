//! The API's description: <https://spec.openapis.org/oas/v3.1.0>. Made from the same lines as the
//! routes; `docs/openapi.json` is a copy that a test compares.

use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use super::asked::{ErrorAnswer, ErrorMessage};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "gradus",
        description = "Runs, metrics, sweeps and dashboards of a gradus server. Keys go into \
                   `Authorization: Bearer KEY`; a server that listens on this machine alone wants \
                   none. Fractions are 0 to 1; undefined is null; units stand in names. Refusals \
                   are `{\"error\": …}` with 4xx, or 429 and 503 with `Retry-After` where the same \
                   request may succeed later.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(ErrorAnswer, ErrorMessage))
)]
struct Head;

pub fn head() -> Document {
    Head::openapi()
}

/// The whole description, pretty-printed.
pub fn text() -> String {
    let (_, document) = super::described().split_for_parts();
    let mut text = serde_json::to_value(&document).unwrap_or_default();
    if let Some(paths) = text
        .get_mut("paths")
        .and_then(|paths| paths.as_object_mut())
    {
        let written = std::mem::take(paths);
        for (path, mut item) in written {
            // What axum writes `{*name}` is an ordinary parameter to everybody else.
            let path = path.replace("{*", "{");
            let methods = item.as_object_mut().into_iter().flatten();
            for (method, operation) in methods {
                operation["operationId"] = operation_id(method, &path).into();
            }
            paths.insert(path, item);
        }
    }
    format!("{text:#}\n")
}

/// `get_projects_by_project_runs_by_run` for `GET /api/v1/projects/{entity}/{project}/runs/{run}`: one name for
/// each operation, as generators of clients want it. The entity stands in nearly all.
fn operation_id(method: &str, path: &str) -> String {
    let mut id = method.to_owned();
    let parts = path.trim_start_matches(super::PREFIX).split('/');
    for part in parts.filter(|part| !part.is_empty()) {
        match part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            Some("entity") => {}
            Some(name) => {
                id.push_str("_by_");
                id.push_str(name);
            }
            None => {
                id.push('_');
                id.push_str(part);
            }
        }
    }
    id
}

pub async fn answer(_: super::asked::Who) -> impl IntoResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(text).as_str();
    ([(CONTENT_TYPE, "application/json")], text)
}
