//! Tests of [`super`] against a local stand-in for the hub.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::*;

const CONTENT: &[u8] = b"0123456789abcdefghij";

/// Serves as many requests as there are answers, and keeps the requests' heads.
struct StandIn {
    endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
    thread: JoinHandle<()>,
}

impl StandIn {
    fn new(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let thread = std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap() == 0 {
                        break;
                    }
                }
                seen.lock().unwrap().push(head);
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self {
            endpoint,
            requests,
            thread,
        }
    }

    fn requests(self) -> Vec<String> {
        self.thread.join().unwrap();
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> String {
    let body = std::str::from_utf8(body).unwrap();
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn sha256_of(content: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    std::fs::write(&path, content).unwrap();
    file_sha256(&path).unwrap()
}

fn remote(sha256: Option<String>) -> RemoteFile {
    let size = Some(CONTENT.len() as u64);
    RemoteFile {
        size,
        sha256,
        etag: "e".into(),
        commit: None,
    }
}

fn download(hub: &Hub, remote: &RemoteFile, target: &Path) -> Result<Downloaded, HubError> {
    hub.download("o/r", "main", "m.gguf", remote, target, &mut |_, _| {})
}

#[test]
fn a_file_is_inspected_then_downloaded_with_the_token() {
    let sha256 = sha256_of(CONTENT);
    let linked = format!(
        "location: https://example.com/x\r\nx-linked-size: {}\r\nx-linked-etag: \"{sha256}\"\r\nx-repo-commit: c0ffee\r\n",
        CONTENT.len()
    );
    let stand_in = StandIn::new(vec![
        answer("302 Found", &linked, b""),
        answer("200 OK", "", CONTENT),
    ]);
    let hub = Hub::new(&format!("{}/", stand_in.endpoint), Some("secret".into()));
    let remote = hub.inspect("o/r", "main", "m.gguf").unwrap();
    assert_eq!(remote.sha256.as_ref(), Some(&sha256));
    assert_eq!(
        (remote.size, remote.commit.as_deref()),
        (Some(20), Some("c0ffee"))
    );
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("m.gguf");
    let downloaded = download(&hub, &remote, &target).unwrap();
    assert_eq!(downloaded, Downloaded { size: 20, sha256 });
    assert_eq!(std::fs::read(&target).unwrap(), CONTENT);
    let requests = stand_in.requests();
    assert!(
        requests[0].starts_with("HEAD /o/r/resolve/main/m.gguf "),
        "{}",
        requests[0]
    );
    for request in &requests {
        assert!(
            request
                .to_lowercase()
                .contains("authorization: bearer secret"),
            "{request}"
        );
    }
}

#[test]
fn a_download_goes_on_where_it_stopped() {
    let stand_in = StandIn::new(vec![answer(
        "206 Partial Content",
        "content-range: bytes 8-19/20\r\n",
        &CONTENT[8..],
    )]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("m.gguf");
    std::fs::write(&target, &CONTENT[..8]).unwrap();
    download(&hub, &remote(Some(sha256_of(CONTENT))), &target).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), CONTENT);
    let requests = stand_in.requests();
    assert!(
        requests[0].to_lowercase().contains("range: bytes=8-"),
        "{}",
        requests[0]
    );
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let broken = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 20\r\n\r\n{}",
        "01234567"
    );
    let rest = answer("206 Partial Content", "", &CONTENT[8..]);
    let stand_in = StandIn::new(vec![broken, rest]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("m.gguf");
    download(&hub, &remote(Some(sha256_of(CONTENT))), &target).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), CONTENT);
    assert!(
        stand_in.requests()[1]
            .to_lowercase()
            .contains("range: bytes=8-")
    );
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let stand_in = StandIn::new(vec![answer("200 OK", "", CONTENT)]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("m.gguf");
    std::fs::write(&target, b"other").unwrap();
    download(&hub, &remote(Some(sha256_of(CONTENT))), &target).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), CONTENT);
    stand_in.requests();
}

#[test]
fn other_content_than_announced_is_not_kept() {
    let stand_in = StandIn::new(vec![answer("200 OK", "", CONTENT)]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("m.gguf");
    let error = download(&hub, &remote(Some("0".repeat(64))), &target).unwrap_err();
    assert!(matches!(error, HubError::Checksum { .. }), "{error}");
    assert!(!target.exists());
    stand_in.requests();
}

#[test]
fn refusals_are_told_apart() {
    let stand_in = StandIn::new(vec![
        answer("401 Unauthorized", "", b""),
        answer("404 Not Found", "", b""),
        answer("503 Service Unavailable", "", b""),
    ]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let outcome = || hub.inspect("o/r", "main", "m.gguf").unwrap_err();
    let error = outcome();
    assert!(
        matches!(error, HubError::Refused(_)) && error.to_string().contains("HF_TOKEN"),
        "{error}"
    );
    assert!(matches!(outcome(), HubError::NotFound(_)));
    assert!(matches!(outcome(), HubError::Status { status: 503, .. }));
    stand_in.requests();
}

#[test]
fn a_repository_is_listed() {
    let body = br#"{"sha": "c0ffee", "siblings": [{"rfilename": "config.json"}, {"rfilename": "a.safetensors"}]}"#;
    let stand_in = StandIn::new(vec![answer(
        "200 OK",
        "content-type: application/json\r\n",
        body,
    )]);
    let hub = Hub::new(&stand_in.endpoint, None);
    let (commit, files) = hub.list("o/r").unwrap();
    assert_eq!((commit.as_str(), files.len()), ("c0ffee", 2));
    assert!(stand_in.requests()[0].starts_with("GET /api/models/o/r/revision/main "));
}

#[test]
fn nobody_there_is_said_so() {
    // Bound and dropped: the port is free again and refuses.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let hub = Hub::new(&format!("http://{address}"), None);
    assert!(matches!(
        hub.inspect("o/r", "main", "x"),
        Err(HubError::Unreachable(_))
    ));
}
