//! A stand-in for an OpenAI-compatible server on a free port of this machine, which does what a
//! script says: answers, refuses, hangs, talks nonsense.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What the server does with a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Status, further header lines, body.
    Reply(u16, Vec<String>, String),
    /// Never answers; the connection stays open.
    Hang,
    /// Closes the connection in the middle of its answer.
    BreakOff,
}

impl Deed {
    /// A completion by `model` with the usage of 100 prompt and 20 completion tokens.
    pub fn completion(model: &str, text: &str) -> Self {
        let body = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": model,
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        });
        Self::Reply(200, Vec::new(), body.to_string())
    }

    pub fn status(status: u16, body: &str) -> Self {
        Self::Reply(status, Vec::new(), body.to_owned())
    }
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    /// Header lines, in lower case.
    pub headers: Vec<String>,
    pub body: Value,
}

type Script = dyn Fn(usize, &Seen) -> Deed + Send + Sync;

/// The running server; it ends with this value.
pub struct ChatServer {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    ended: Arc<AtomicBool>,
}

impl ChatServer {
    /// `script` says what happens to each request, counted from 0 in the order of arrival.
    pub fn start(script: impl Fn(usize, &Seen) -> Deed + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of this machine");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (log, over) = (seen.clone(), ended.clone());
        let script: Arc<Script> = Arc::new(script);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if let Ok(copy) = stream.try_clone() {
                    held.push(copy);
                }
                let (log, script) = (log.clone(), script.clone());
                std::thread::spawn(move || serve(stream, &log, script.as_ref()));
            }
        });
        Self {
            url: format!("http://{address}"),
            seen,
            ended,
        }
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .map(|seen| seen.clone())
            .unwrap_or_default()
    }
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener so that it sees the end.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Seen>>, script: &Script) {
    let Some(seen) = read_request(&stream) else {
        return;
    };
    let index = {
        let Ok(mut log) = log.lock() else { return };
        log.push(seen.clone());
        log.len() - 1
    };
    match script(index, &seen) {
        Deed::Reply(status, headers, body) => {
            let mut head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n",
                body.len()
            );
            for header in headers {
                head.push_str(&format!("{header}\r\n"));
            }
            let _ = write!(stream, "{head}\r\n{body}");
        }
        // The listener's copy keeps the connection open.
        Deed::Hang => {}
        Deed::BreakOff => {
            let _ = write!(
                stream,
                "HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{{\"choices\""
            );
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let path = first.split_whitespace().nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        headers.push(line);
    }
    let mut bytes = Vec::new();
    if let Some(length) = headers
        .iter()
        .find_map(|line| line.strip_prefix("content-length:"))
    {
        bytes.resize(length.trim().parse().ok()?, 0);
        reader.read_exact(&mut bytes).ok()?;
    } else {
        read_chunks(&mut reader, &mut bytes)?;
    }
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Some(Seen {
        path,
        headers,
        body,
    })
}

fn read_chunks(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        if size == 0 {
            return Some(());
        }
        bytes.extend_from_slice(&chunk[..size]);
    }
}
