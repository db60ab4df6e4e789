//! Listening, answering, and going away in order.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use gradus_store::{Disk, RealDisk};
use gradus_tracker::{SystemClock, Tracker};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api;
use crate::app::App;
use crate::config::ServerConfig;
use crate::http::auth;
use crate::wandb;
use crate::{Error, Result};
use crate::{page, presence};

/// How often silent runs are looked for.
const LOOK_FOR_CRASHED: Duration = Duration::from_secs(1);
/// How often versions of artifacts are looked for whose time is over.
const LOOK_FOR_EXPIRED: Duration = Duration::from_secs(60);
/// How long answers that were begun may take when the server goes away.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// A server that listens and has not begun to answer.
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    app: Arc<App>,
    /// Of the first user, where this was the first start.
    pub first_key: Option<String>,
}

impl Server {
    pub fn open(config: ServerConfig) -> Result<Self> {
        Self::open_on(Arc::new(RealDisk), config)
    }

    /// `open`, with every write of the store going through `disk`.
    pub fn open_on(disk: Arc<dyn Disk>, config: ServerConfig) -> Result<Self> {
        let failed = |doing| move |source| Error::Io { doing, source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(2 << 20)
            .enable_all()
            .build()
            .map_err(failed("starting the server's threads"))?;
        let listener = runtime
            .block_on(TcpListener::bind(config.listen))
            .map_err(|source| Error::Listen {
                address: config.listen,
                source,
            })?;
        let clock = Arc::new(SystemClock);
        let tracker = Tracker::open_on(disk, &config.data_dir, config.tracker.clone(), clock)?;
        let first_key = tracker.first_start(&config.first_user)?;
        Ok(Self {
            runtime,
            listener,
            app: App::new(Arc::new(tracker), config),
            first_key,
        })
    }

    /// Where the server listens; the port that the system chose where none was asked for.
    pub fn address(&self) -> Result<SocketAddr> {
        let address = self.listener.local_addr();
        address.map_err(|source| Error::Io {
            doing: "asking for the server's address",
            source,
        })
    }

    /// The address for a browser on this machine.
    pub fn local_url(&self) -> Result<String> {
        let mut address = self.address()?;
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        Ok(format!("http://{address}"))
    }

    pub fn tracker(&self) -> &Arc<Tracker> {
        &self.app.tracker
    }

    /// Answers until `stop` says so, finishing what was begun.
    pub fn run(self, stop: impl Fn() -> bool + Send + 'static) -> Result<()> {
        let url = self.local_url()?;
        let announced = presence::announce(&self.app.config.data_dir, &url);
        if let Err(problem) = &announced {
            tracing::warn!(%problem, "server.json not written; the command line won't find this server");
        }
        let Self {
            runtime,
            listener,
            app,
            ..
        } = self;
        let (stopping, stopped) = watch::channel(false);
        let (watched, closing, ending) = (app.clone(), app.clone(), app.clone());
        let bridge = app.live.bridge(app.tracker.clone())?;
        runtime.spawn(async move {
            while !stop() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            // Streams that never end by themselves; nobody waits for them.
            closing.live.close();
            // Nobody listens any more when the server has failed.
            let _ = stopping.send(true);
        });
        runtime.spawn(look_for_crashed(watched));
        runtime.spawn(look_for_expired(app.clone()));
        let mut wait = stopped.clone();
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
        let served = runtime.block_on(async move {
            let until = async move {
                // An error means that nobody can ask to stop any more.
                let _ = wait.wait_for(|is_stopped| *is_stopped).await;
            };
            let serving = axum::serve(listener, service).with_graceful_shutdown(until);
            let mut wait = stopped;
            let patience = async move {
                let _ = wait.wait_for(|is_stopped| *is_stopped).await;
                tokio::time::sleep(LAST_ANSWERS).await;
            };
            tokio::select! {
                served = serving.into_future() => served,
                () = patience => Ok(()),
            }
        });
        runtime.shutdown_timeout(Duration::from_secs(5));
        ending.live.close();
        // A thread that panicked has nothing more to say.
        let _ = bridge.join();
        drop(announced);
        served.map_err(|source| Error::Io {
            doing: "answering",
            source,
        })
    }
}

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/ready", get(async || "ok\n"))
        .merge(wandb::router())
        .merge(api::router())
        .fallback(page::show)
        .layer(from_fn_with_state(app.clone(), auth::no_foreign_pages))
        .with_state(app)
}

async fn look_for_crashed(app: Arc<App>) {
    loop {
        tokio::time::sleep(LOOK_FOR_CRASHED).await;
        let tracker = app.tracker.clone();
        match crate::app::blocking(move || tracker.mark_crashed_runs()).await {
            Ok(Ok(crashed)) if !crashed.is_empty() => {
                tracing::info!(
                    runs = crashed.len(),
                    "runs went silent and count as crashed"
                );
            }
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => tracing::warn!(%problem, "silent runs could not be marked"),
            Err(refusal) => tracing::warn!(problem = refusal.message, "silent runs not looked for"),
        }
    }
}

async fn look_for_expired(app: Arc<App>) {
    loop {
        let tracker = app.tracker.clone();
        match crate::app::blocking(move || tracker.expire_artifacts()).await {
            Ok(Ok(gone)) if !gone.is_empty() => {
                tracing::info!(versions = gone.len(), "artifact versions expired");
            }
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => tracing::warn!(%problem, "artifacts could not be expired"),
            Err(refusal) => tracing::warn!(problem = refusal.message, "artifacts not looked at"),
        }
        tokio::time::sleep(LOOK_FOR_EXPIRED).await;
    }
}
