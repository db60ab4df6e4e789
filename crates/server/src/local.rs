//! The API without a network: a program that has the store to itself asks as it would ask a server.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::header::HOST;
use gradus_tracker::{SystemClock, Tracker};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower::ServiceExt;

use crate::app::App;
use crate::config::ServerConfig;
use crate::serve::router;
use crate::{Error, Result};

const CHUNK_BYTES: usize = 256 << 10;
const CHUNKS_AHEAD: usize = 4;

/// What is sent with a request.
pub enum Content {
    Bytes(Vec<u8>),
    /// Read as it is taken, however long it is.
    Reader(Box<dyn Read + Send>),
}

/// A store that nobody else has open, behind the API that a server has.
pub struct Local {
    runtime: tokio::runtime::Runtime,
    router: Router,
}

impl Local {
    /// Opens the store of a folder, or makes one; callers act for its first user, who gets this
    /// name where there is nobody.
    pub fn open(folder: &Path, first_user: &str) -> Result<Self> {
        // Only said to the rules of who may ask; nothing listens.
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = ServerConfig::new(listen, folder.to_owned());
        // Whoever asks is this program, and sends no more than it has in memory.
        config.limits.body_bytes = u32::MAX as usize;
        let clock = Arc::new(SystemClock);
        let tracker = Tracker::open(folder, config.tracker.clone(), clock)?;
        tracker.first_user(first_user)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|source| Error::Io {
                doing: "starting a thread for the store",
                source,
            })?;
        Ok(Self {
            runtime,
            router: router(App::new(Arc::new(tracker), config)),
        })
    }

    /// The status and the body of the answer.
    pub fn ask(&self, method: &str, path: &str, content: Content) -> Result<(u16, Vec<u8>)> {
        let failed = |problem: String| Error::Io {
            doing: "asking the store",
            source: std::io::Error::other(problem),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .extension(ConnectInfo(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
        self.runtime.block_on(async {
            let body = match content {
                Content::Bytes(bytes) => Body::from(bytes),
                Content::Reader(reader) => streamed(reader),
            };
            let request = request.body(body);
            let request = request.map_err(|problem| failed(problem.to_string()))?;
            // The router answers everything; its error has no values.
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status().as_u16();
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            let bytes = bytes.map_err(|problem| failed(problem.to_string()))?;
            Ok((status, bytes.into()))
        })
    }
}

/// A reader as a body, read where it may block and not far ahead of who takes it.
fn streamed(mut reader: Box<dyn Read + Send>) -> Body {
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            let read = reader.by_ref().take(CHUNK_BYTES as u64);
            let read = { read }.read_to_end(&mut chunk);
            let chunk = match read {
                Ok(0) => return,
                Ok(_) => Ok(Bytes::from(chunk)),
                Err(problem) => Err(problem),
            };
            let is_over = chunk.is_err();
            // Who took it has had enough.
            if sender.blocking_send(chunk).is_err() || is_over {
                return;
            }
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}
