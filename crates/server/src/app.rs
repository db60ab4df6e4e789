//! What all routes share.

use std::sync::Arc;

use gradus_tracker::Tracker;

use crate::config::ServerConfig;
use crate::http::answer::Refusal;
use crate::http::body::Room;
use crate::http::guesses::Guesses;
use crate::live::Live;

pub struct App {
    pub tracker: Arc<Tracker>,
    pub config: ServerConfig,
    pub room: Room,
    pub guesses: Guesses,
    pub live: Live,
}

impl App {
    pub fn new(tracker: Arc<Tracker>, config: ServerConfig) -> Arc<Self> {
        let live = Live::new();
        tracker.accounts.on_change(live.accounts_changed());
        Arc::new(Self {
            room: Room::new(config.limits.bodies_in_memory_bytes),
            guesses: Guesses::new(config.limits.wrong_keys_per_minute),
            live,
            tracker,
            config,
        })
    }
}

/// Runs what reads and writes files where it may block.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|problem| Refusal::internal(format!("the request failed inside: {problem}")))
}
