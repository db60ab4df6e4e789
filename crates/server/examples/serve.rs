//! The server alone, without the engine that `gradus` brings: quick to build while working on it.
//!
//!     cargo run -p gradus-server --example serve -- FOLDER [PORT] [HEARTBEAT_SECONDS]
//!
//! The first line that it prints is the address, the second a key (a new one each time).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gradus_server::{Server, ServerConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("GRADUS_LOG"))
        .with_writer(std::io::stderr)
        .init();

    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("the store's folder is missing")?;
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let heartbeat_secs = arguments.next().map_or(Ok(300), |secs| secs.parse())?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut config = ServerConfig::new(listen, folder.into());
    config.tracker.heartbeat_timeout = Duration::from_secs(heartbeat_secs);
    let server = Server::open(config)?;
    let user = server
        .tracker()
        .accounts
        .owner()
        .ok_or("there is no user")?;
    let (_, key) = server
        .tracker()
        .add_key(&user.name, "of an example", false)?;
    println!("{}\n{key}", server.local_url()?);
    server.run(|| false)?;
    Ok(())
}
