//! A server in a thread, and a client that says whatever a test wants it to say.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use gradus_server::{Server, ServerConfig};
use gradus_store::{Disk, RealDisk};
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Served {
    pub url: String,
    /// Of the first user, `local`.
    pub key: String,
    pub folder: PathBuf,
    agent: ureq::Agent,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<gradus_server::Result<()>>>,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|problem| panic!("{problem}: {} {}", self.status, self.text))
    }

    /// The body of an answer that has to be 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// The message of a refusal with this status.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        let body = self.json();
        let message = body["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(body["errors"][0]["message"], message.as_str());
        assert!(!message.is_empty());
        message
    }
}

pub fn served() -> Served {
    served_with(|_| {})
}

pub fn served_with(change: impl FnOnce(&mut ServerConfig)) -> Served {
    served_on(Arc::new(RealDisk), change)
}

/// A server whose store writes through `disk`.
pub fn served_on(disk: Arc<dyn Disk>, change: impl FnOnce(&mut ServerConfig)) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = ServerConfig::new(listen, folder.path().join("store"));
    change(&mut config);
    let data_dir = config.data_dir.clone();
    let server = Server::open_on(disk, config).unwrap();
    let url = server.local_url().unwrap();
    let key = server.first_key.clone().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || server.run(move || stopped.load(Ordering::Relaxed)));
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        // A refusal closes its connection; another request must not be sent on it.
        .max_idle_connections(0)
        .build();
    Served {
        url,
        key,
        folder: data_dir,
        agent: agent.into(),
        stop,
        thread: Some(thread),
        _folder: folder,
    }
}

impl Served {
    /// A request without a key, as programs on this machine send it. `path` is below `/api/v1`.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let body = body.map(Value::to_string);
        self.send(
            method,
            &format!("/api/v1/{path}"),
            &[],
            body.as_deref().map(str::as_bytes),
        )
    }

    pub fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, None)
    }

    pub fn with_key(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let bearer = format!("Bearer {key}");
        let body = body.map(Value::to_string);
        let headers = [("authorization", bearer.as_str())];
        let path = format!("/api/v1/{path}");
        self.send(method, &path, &headers, body.as_deref().map(str::as_bytes))
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answered {
        let url = match path.starts_with("http") {
            true => path.to_owned(),
            false => format!("{}{path}", self.url),
        };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut response = response.unwrap();
        Answered {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.body_mut().read_to_string().unwrap(),
        }
    }

    /// Begins a run of `local/p` through our own API.
    pub fn begin(&self, run: &str, what: Value) {
        self.ask("POST", &format!("projects/local/p/runs/{run}"), Some(&what))
            .ok();
    }

    /// Sends lines of a file of a run of `local/p`.
    pub fn lines(&self, run: &str, file: &str, offset: u64, lines: &[String]) {
        let body = json!({ "files": { file: { "offset": offset, "content": lines } } });
        self.ask(
            "POST",
            &format!("projects/local/p/runs/{run}/lines"),
            Some(&body),
        )
        .ok();
    }

    pub fn history(&self, run: &str, lines: &[String]) {
        self.lines(run, "wandb-history.jsonl", 0, lines);
    }

    pub fn summary(&self, run: &str, summary: &Value) {
        self.lines(run, "wandb-summary.json", 0, &[summary.to_string()]);
    }

    /// Asks the server to stop and waits until it has.
    pub fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
