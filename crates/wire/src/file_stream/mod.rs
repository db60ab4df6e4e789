//! What a run uploads while it lives: `POST …/file_stream`, from bytes to typed values, and the
//! reply.
//!
//! A body is refused only where nothing could be stored of it: the client ends the upload of the
//! whole run on most 4xx answers, silently.

mod lines;
mod shared;

pub use lines::{
    ConsoleLine, HistoryRow, console_line, flattened, history_row, kind_of_value, looked_up,
};
pub use shared::SharedWriter;

use crate::error::{Error, Result};
use crate::json::{self, Json, JsonObject};

const WHAT: &str = "the file_stream body";

#[derive(Debug, Clone, Copy)]
pub struct FileStreamLimits {
    /// The client gathers about 10 MiB and a line may be as long again.
    pub body_bytes: usize,
    /// Lines of one body in all.
    pub lines: usize,
}

impl Default for FileStreamLimits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            lines: 2_000_000,
        }
    }
}

/// One upload. All of it is optional; nothing at all is a heartbeat.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileStreamRequest {
    pub chunks: Vec<FileChunk>,
    /// Paths of run files whose upload has ended.
    pub uploaded: Vec<String>,
    pub preempting: bool,
    pub complete: bool,
    /// Of the training process; 0 is success.
    pub exit_code: Option<i64>,
    /// Keys of a newer client that nothing here reads; for the log.
    pub unknown_keys: Vec<String>,
}

/// Lines of one file: `lines[i]` belongs at index `offset + i`. The same again has no effect.
#[derive(Debug, Clone, PartialEq)]
pub struct FileChunk {
    pub file: StreamFile,
    pub offset: u64,
    /// As they were written, byte for byte.
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamFile {
    /// `wandb-history.jsonl`
    History,
    /// `wandb-events.jsonl`: system metrics.
    Events,
    /// `wandb-summary.json`: the last line is the whole summary.
    Summary,
    /// `output.log`, in shared mode `output_<label>.log`: lines may come again with other content.
    Console {
        name: String,
    },
    Other {
        name: String,
    },
}

impl StreamFile {
    fn named(name: &str) -> Self {
        let is_console = |name: &str| name.starts_with("output") && name.ends_with(".log");
        match name {
            "wandb-history.jsonl" => Self::History,
            "wandb-events.jsonl" => Self::Events,
            "wandb-summary.json" => Self::Summary,
            _ if is_console(name) => Self::Console { name: name.into() },
            _ => Self::Other { name: name.into() },
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::History => "wandb-history.jsonl",
            Self::Events => "wandb-events.jsonl",
            Self::Summary => "wandb-summary.json",
            Self::Console { name } | Self::Other { name } => name,
        }
    }
}

impl FileStreamRequest {
    /// # Errors
    /// A body beyond the limits, one that is no JSON object, a chunk without a usable offset or
    /// list of lines.
    pub fn decode(body: &[u8], limits: &FileStreamLimits) -> Result<Self> {
        if body.len() > limits.body_bytes {
            return Err(too_large(limits.body_bytes, "bytes"));
        }
        let Json::Object(entries) = json::parse_bytes(WHAT, body)? else {
            return Err(Error::field(WHAT, "(top)", "an object is wanted"));
        };
        let mut request = Self::default();
        for (key, value) in entries {
            match (key.as_str(), value) {
                (_, Json::Null) => {}
                ("files", Json::Object(files)) => request.chunks = chunks(files, limits)?,
                ("files", other) => return Err(wrong("files", "an object", &other)),
                ("uploaded", Json::Array(paths)) => {
                    let paths = paths.into_iter().filter_map(into_text);
                    request.uploaded = paths.collect();
                }
                ("preempting", value) => request.preempting = is_true(&value),
                ("complete", value) => request.complete = is_true(&value),
                ("exitcode", value) => request.exit_code = value.as_i64(),
                // Of old clients; what was dropped is no matter of the server.
                ("dropped", _) => {}
                _ => request.unknown_keys.push(key),
            }
        }
        Ok(request)
    }

    pub fn is_heartbeat(&self) -> bool {
        *self == Self::default()
    }
}

fn chunks(files: JsonObject, limits: &FileStreamLimits) -> Result<Vec<FileChunk>> {
    let mut chunks = Vec::with_capacity(files.len());
    let mut lines_left = limits.lines;
    for (name, chunk) in files {
        let place = |field: &str| format!("files.{name}.{field}");
        let Json::Object(mut chunk) = chunk else {
            return Err(wrong(format!("files.{name}"), "an object", &chunk));
        };
        let offset = chunk.get("offset").unwrap_or(&Json::Null);
        let Some(offset) = offset.as_i64().and_then(|at| u64::try_from(at).ok()) else {
            return Err(wrong(place("offset"), "a line number from 0", offset));
        };
        let lines = match chunk.swap_remove("content") {
            Some(Json::Array(lines)) => lines,
            None | Some(Json::Null) => Vec::new(),
            // The summary of old clients is one string.
            Some(line @ Json::String(_)) => vec![line],
            Some(other) => return Err(wrong(place("content"), "a list of lines", &other)),
        };
        lines_left = lines_left
            .checked_sub(lines.len())
            .ok_or_else(|| too_large(limits.lines, "lines"))?;
        chunks.push(FileChunk {
            file: StreamFile::named(&name),
            offset,
            lines: lines.into_iter().map(line_text).collect(),
        });
    }
    Ok(chunks)
}

/// A line is a string that holds JSON; what is not quoted is taken as the JSON itself.
fn line_text(line: Json) -> String {
    match line {
        Json::String(text) => text,
        other => other.to_line(),
    }
}

fn into_text(value: Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        _ => None,
    }
}

fn is_true(value: &Json) -> bool {
    value.as_bool().unwrap_or(false)
}

fn wrong(place: impl Into<String>, wanted: &str, found: &Json) -> Error {
    let found = match found {
        Json::Number(_) => found.to_line(),
        other => other.kind().to_owned(),
    };
    Error::field(WHAT, place, format!("{wanted} is wanted, {found} is there"))
}

fn too_large(limit: usize, unit: &'static str) -> Error {
    Error::TooLarge {
        what: WHAT,
        limit,
        unit,
    }
}

/// The answer to an upload that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileStreamReply {
    /// Somebody asked for the run to end: the client interrupts the script.
    pub stopped: bool,
}

impl FileStreamReply {
    /// `exitcode` and `limits` are what clients before 0.15 looked for.
    pub fn to_body(self) -> String {
        let mut body = JsonObject::new();
        body.insert("exitcode".into(), Json::Null);
        body.insert("limits".into(), Json::Object(JsonObject::new()));
        if self.stopped {
            body.insert("stopped".into(), Json::Bool(true));
        }
        Json::Object(body).to_strict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(body: &str) -> Result<FileStreamRequest> {
        FileStreamRequest::decode(body.as_bytes(), &FileStreamLimits::default())
    }

    #[test]
    fn everything_that_a_client_sends() {
        let request = decode(
            r#"{"files":{
                 "wandb-history.jsonl":{"offset":3,"content":["{\"loss\":NaN,\"_step\":3}","{\"_step\":4}"]},
                 "wandb-summary.json":{"offset":0,"content":["{\"loss\":0.1}"]},
                 "output_rank1.log":{"offset":0,"content":["ERROR 2026-11-21T01:48:34.710928 no\ttab"]},
                 "diff.patch":{"offset":0,"content":[]}},
               "uploaded":["media/a.png",7],"preempting":true,"complete":true,"exitcode":1,
               "dropped":0,"newer":[1]}"#,
        )
        .unwrap();
        let chunk = |file, offset, lines: &[&str]| FileChunk {
            file,
            offset,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        let console = StreamFile::Console {
            name: "output_rank1.log".into(),
        };
        let other = StreamFile::Other {
            name: "diff.patch".into(),
        };
        assert_eq!(
            request,
            FileStreamRequest {
                chunks: vec![
                    chunk(
                        StreamFile::History,
                        3,
                        &[r#"{"loss":NaN,"_step":3}"#, r#"{"_step":4}"#]
                    ),
                    chunk(StreamFile::Summary, 0, &[r#"{"loss":0.1}"#]),
                    chunk(console, 0, &["ERROR 2026-11-21T01:48:34.710928 no\ttab"]),
                    chunk(other, 0, &[]),
                ],
                uploaded: vec!["media/a.png".into()],
                preempting: true,
                complete: true,
                exit_code: Some(1),
                unknown_keys: vec!["newer".into()],
            }
        );
        assert_eq!(request.chunks[2].file.name(), "output_rank1.log");
    }

    #[test]
    fn heartbeats_and_nulls() {
        assert!(decode("{}").unwrap().is_heartbeat());
        let nulls = r#"{"files":null,"complete":null,"exitcode":null,"preempting":false}"#;
        assert!(decode(nulls).unwrap().is_heartbeat());
        assert!(!decode(r#"{"complete":true}"#).unwrap().is_heartbeat());
    }

    #[test]
    fn complaints_name_the_field() {
        let problem = |body: &str| decode(body).unwrap_err().to_string();
        assert_eq!(
            problem(r#"{"files":{"output.log":{"offset":-1,"content":[]}}}"#),
            "the file_stream body: files.output.log.offset: a line number from 0 is wanted, -1 is there"
        );
        assert!(problem(r#"{"files":{"a":{"content":[]}}}"#).contains("null is there"));
        assert!(problem(r#"{"files":{"a":{"offset":0,"content":5}}}"#).contains("a list of lines"));
        assert!(problem(r#"{"files":[]}"#).contains("files: an object"));
        assert!(problem(r#"{"files":{"a":[]}}"#).contains("files.a: an object"));
        assert!(problem("[]").contains("an object is wanted"));
        assert!(problem(r#"{"files":"#).contains("not JSON at byte 9"));
    }

    #[test]
    fn limits_hold() {
        let limits = FileStreamLimits {
            body_bytes: 100,
            lines: 2,
        };
        let decode = |body: &str| FileStreamRequest::decode(body.as_bytes(), &limits);
        let lines = decode(r#"{"files":{"a":{"offset":0,"content":["","",""]}}}"#);
        assert!(matches!(lines, Err(Error::TooLarge { unit: "lines", .. })));
        let bytes = decode(&format!("{{\"a\":\"{}\"}}", "x".repeat(100)));
        assert!(matches!(bytes, Err(Error::TooLarge { unit: "bytes", .. })));
    }

    #[test]
    fn broken_utf8_is_no_reason_to_lose_a_run() {
        let mut body = br#"{"files":{"output.log":{"offset":0,"content":["a?b"]}}}"#.to_vec();
        let at = body.iter().position(|byte| *byte == b'?').unwrap();
        body[at] = 0xff;
        let request = FileStreamRequest::decode(&body, &FileStreamLimits::default()).unwrap();
        assert_eq!(request.chunks[0].lines, ["a\u{fffd}b"]);
    }

    #[test]
    fn replies() {
        let reply = FileStreamReply { stopped: true };
        assert_eq!(
            reply.to_body(),
            r#"{"exitcode":null,"limits":{},"stopped":true}"#
        );
        assert_eq!(
            FileStreamReply::default().to_body(),
            r#"{"exitcode":null,"limits":{}}"#
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_a_complaint(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = FileStreamRequest::decode(&body, &FileStreamLimits::default());
        }

        #[test]
        fn lines_arrive_as_they_were(lines in prop::collection::vec(any::<String>(), 0..20), offset in 0u32..) {
            let content = lines.iter().map(Json::text).collect();
            let chunk = Json::object([
                ("offset", Json::int(offset.into())),
                ("content", Json::Array(content)),
            ]);
            let files = Json::object([("output.log", chunk)]);
            let body = Json::object([("files", files)]).to_line();
            let request = decode(&body).unwrap();
            prop_assert_eq!(&request.chunks[0].lines, &lines);
            prop_assert_eq!(request.chunks[0].offset, u64::from(offset));
        }
    }
}
