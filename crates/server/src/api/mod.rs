//! Our own API under `/api/v1`: JSON in snake_case, units in names, described by OpenAPI. One file
//! per subject; each handler finds out who asks, looks, and answers. Rules live in the tracker.

mod activity;
mod artifact_edits;
mod artifact_files;
mod artifacts;
mod asked;
mod buckets;
mod buckets_binary;
mod champions;
mod compare;
mod console;
mod cycles;
mod dashboards;
mod document;
mod evaluations;
mod events;
mod exact;
mod files;
mod keys;
mod media;
mod metrics;
mod projects;
mod record;
mod recording;
mod references;
mod rollback;
mod rows;
mod run;
mod runs;
mod sweeps;
mod teams;
mod upkeep;
mod users;
mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use asked::unknown_route;

pub use document::text as document_text;

const PREFIX: &str = "/api/v1";

pub fn router() -> Router<Arc<App>> {
    let (router, _) = described().split_for_parts();
    router
        .route("/api/v1/openapi.json", get(document::answer))
        .route("/api/v1/{*rest}", axum::routing::any(unknown_route))
        // Each route has limits of its own.
        .layer(DefaultBodyLimit::disable())
}

/// Routes and their description, which can't differ from each other.
fn described() -> OpenApiRouter<Arc<App>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(viewer::viewer))
        .routes(routes!(viewer::health))
        .routes(routes!(projects::list))
        .routes(routes!(projects::get, projects::remove))
        .routes(routes!(runs::list))
        .routes(routes!(runs::columns))
        .routes(routes!(
            run::get,
            run::change,
            run::remove,
            recording::begin
        ))
        .routes(routes!(run::stop))
        .routes(routes!(record::get))
        .routes(routes!(recording::lines))
        .routes(routes!(metrics::of_project))
        .routes(routes!(metrics::list))
        .routes(routes!(metrics::system))
        .routes(routes!(rows::series))
        .routes(routes!(rows::rows))
        .routes(routes!(buckets::of_one))
        .routes(routes!(buckets::of_many))
        .routes(routes!(console::lines))
        .routes(routes!(files::list))
        .routes(routes!(files::one, files::put))
        .routes(routes!(evaluations::list))
        .routes(routes!(evaluations::get))
        .routes(routes!(evaluations::rows))
        .routes(routes!(evaluations::row))
        .routes(routes!(compare::compare))
        .routes(routes!(compare::rows))
        .routes(routes!(cycles::list))
        .routes(routes!(cycles::get))
        .routes(routes!(cycles::verify))
        .routes(routes!(champions::list))
        .routes(routes!(rollback::roll_back))
        .routes(routes!(artifacts::list))
        .routes(routes!(artifacts::versions))
        .routes(routes!(artifacts::get))
        .routes(routes!(artifacts::of_run))
        .routes(routes!(artifact_edits::add_alias))
        .routes(routes!(artifact_edits::remove_alias))
        .routes(routes!(artifact_edits::add_tag))
        .routes(routes!(artifact_edits::remove_tag))
        .routes(routes!(media::list))
        .routes(routes!(activity::lately))
        .routes(routes!(sweeps::list))
        .routes(routes!(sweeps::get))
        .routes(routes!(sweeps::change_state))
        .routes(routes!(dashboards::list))
        .routes(routes!(
            dashboards::get,
            dashboards::put,
            dashboards::remove
        ))
        .routes(routes!(events::stream))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::remove))
        .routes(routes!(keys::keep))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::remove))
        .routes(routes!(teams::list))
        .routes(routes!(teams::put, teams::remove))
        .routes(routes!(upkeep::check))
        .routes(routes!(upkeep::rebuild))
        .routes(routes!(upkeep::backup));
    OpenApiRouter::with_openapi(document::head()).nest(PREFIX, routes)
}
