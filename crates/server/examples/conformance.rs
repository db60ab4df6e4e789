//! A server for the `wandb` client's own system tests, and beside it the second service that those
//! tests want: one that makes users without asking who wants them. For tests alone; `cargo xtask
//! conformance` starts it.
//!
//!     cargo run -p gradus-server --example conformance -- FOLDER PORT FIXTURE_PORT

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use gradus_server::{Server, ServerConfig};
use gradus_tracker::Tracker;
use serde::Deserialize;

/// What the tests send to `db/user`. The user's name is the API key as well.
#[derive(Debug, Deserialize)]
struct UserCommand {
    command: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    admin: bool,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("GRADUS_LOG"))
        .with_writer(std::io::stderr)
        .init();

    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("the {what} is missing"));
    let folder = next("store's folder")?;
    let port: u16 = next("port")?.parse()?;
    let fixture_port: u16 = next("fixture port")?.parse()?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = Server::open(ServerConfig::new(listen, folder.into()))?;
    let tracker = server.tracker().clone();
    let fixtures = SocketAddr::from((Ipv4Addr::LOCALHOST, fixture_port));
    std::thread::spawn(move || {
        if let Err(problem) = serve_fixtures(tracker, fixtures) {
            eprintln!("the fixture service ended: {problem}");
        }
    });
    println!("{}", server.local_url()?);
    server.run(|| false)?;
    Ok(())
}

fn serve_fixtures(tracker: Arc<Tracker>, listen: SocketAddr) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let router = Router::new()
        .route("/health", get(async || "ok"))
        .route("/db/user", post(user))
        // Organisations and teams of organisations are not built.
        .route("/db/{*rest}", post(async || StatusCode::NOT_IMPLEMENTED))
        .with_state(tracker);
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        axum::serve(listener, router).await
    })
}

async fn user(State(tracker): State<Arc<Tracker>>, Json(asked): Json<UserCommand>) -> StatusCode {
    let name = asked.username.unwrap_or_default();
    let done = match asked.command.as_str() {
        "up" => tracker
            .add_user(&name, "", asked.admin)
            .and_then(|_| tracker.keep_key(&name, &name, "of a test", false))
            .map(|_| ()),
        // Runs that a test left behind disturb nobody.
        "down" => tracker.remove_user(&name),
        _ => Ok(()),
    };
    match done {
        Ok(()) => StatusCode::OK,
        Err(problem) => {
            eprintln!("{} {name}: {problem}", asked.command);
            StatusCode::BAD_REQUEST
        }
    }
}
