//! `gradus up`: the tracking server, until Ctrl-C.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use gradus_server::{RegistryFolders, Server, ServerConfig, Verifier};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use super::Settings;
use crate::args::server::UpArguments;
use crate::out::Out;
use crate::recorder::deliver_all;
use crate::registry::recorded::TaskFolders;
use crate::signals::stop_flag;
use crate::user::user_of_this_machine;

pub fn run(arguments: &UpArguments, settings: &Settings, out: &Out) -> Result<()> {
    log_to_stderr();
    let stop = stop_flag()?;
    // What was recorded while nobody could take it.
    deliver_all(&settings.recorder_options());
    let server = Server::open(config(arguments, settings))?;
    let url = server.local_url()?;
    out.say(format!("gradus is up: {url}"));
    if let Some(key) = &server.first_key {
        out.say(first_start(&url, key));
    }
    out.result(&json!({
        "url": url,
        "store": settings.store_dir(),
        "first_key": server.first_key,
    }));
    let stopped = server.run(move || stop.load(Ordering::Relaxed));
    out.say("gradus is down; everything that was acknowledged is on disk");
    stopped.context("serving")
}

fn config(arguments: &UpArguments, settings: &Settings) -> ServerConfig {
    let listen = SocketAddr::new(arguments.host, arguments.port);
    let mut config = ServerConfig::new(listen, settings.store_dir());
    config.external_url.clone_from(&arguments.external_url);
    config.tracker.heartbeat_timeout = Duration::from_secs(arguments.heartbeat_timeout);
    config.limits.body_bytes = usize::try_from(arguments.max_body << 20).unwrap_or(usize::MAX);
    config.limits.file_bytes = arguments.max_file.saturating_mul(1 << 30);
    config.verifier = Some(Verifier::new(super::evidence::verified));
    config.registry_folders = Some(RegistryFolders::new(TaskFolders));
    config.first_user = arguments.user.clone().unwrap_or_else(user_of_this_machine);
    config
}

/// What people paste; the key is shown this one time.
fn first_start(url: &str, key: &str) -> String {
    format!(
        "\nThis is the first start. Where you train with wandb, say once:\n\n  \
         export WANDB_BASE_URL={url}\n  export WANDB_API_KEY={key}\n\n\
         The key is not shown again; `gradus keys create` makes another.\n"
    )
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("GRADUS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // Somebody who embeds this has set a log of their own.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}
