//! A run that happened elsewhere, sent through our own API: what is known of it, its lines, its
//! files, and last how it ended.

use std::collections::BTreeMap;

use anyhow::Result;
use gradus_wire::{Json, JsonObject};
use serde_json::{Value, json};

use crate::tracker_place::{Content, Place, encoded, run_path};

/// Lines and bytes of one request, well below what a server takes.
const LINES_AT_ONCE: usize = 20_000;
const BYTES_AT_ONCE: usize = 8 << 20;

pub const HISTORY: &str = "wandb-history.jsonl";
pub const SYSTEM: &str = "wandb-events.jsonl";
pub const CONSOLE: &str = "output.log";

pub struct RunSender<'a> {
    place: &'a Place,
    path: String,
    /// Lines that were sent of each stream.
    sent: BTreeMap<&'static str, u64>,
}

impl<'a> RunSender<'a> {
    /// Begins the run. `None` where it is there and nothing shall take its place.
    pub fn begin(
        place: &'a Place,
        [entity, project, run]: [&str; 3],
        replaces: bool,
        about: &JsonObject,
    ) -> Result<Option<Self>> {
        let path = run_path(entity, project, run);
        if place.found(&path)?.is_some() {
            if !replaces {
                return Ok(None);
            }
            place.ask("DELETE", &path, None)?;
        }
        let sender = Self {
            place,
            path,
            sent: BTreeMap::new(),
        };
        sender.say(about)?;
        Ok(Some(sender))
    }

    /// Lines of a stream, after those that were sent before.
    pub fn lines(
        &mut self,
        stream: &'static str,
        lines: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for line in lines {
            bytes += line.len();
            batch.push(line);
            if batch.len() == LINES_AT_ONCE || bytes >= BYTES_AT_ONCE {
                self.send(stream, std::mem::take(&mut batch))?;
                bytes = 0;
            }
        }
        match batch.is_empty() {
            true => Ok(()),
            false => self.send(stream, batch),
        }
    }

    fn send(&mut self, stream: &'static str, lines: Vec<String>) -> Result<()> {
        let offset = self.sent.entry(stream).or_default();
        let count = lines.len() as u64;
        let body = json!({ "files": { stream: { "offset": *offset, "content": lines } } });
        *offset += count;
        self.stream(&body)
    }

    pub fn file(&self, name: &str, content: Content) -> Result<()> {
        let path = format!("{}/files/{}", self.path, encoded(name));
        self.place.send("PUT", &path, content).map(|_| ())
    }

    /// The run has ended: with an exit code where its process told one.
    pub fn end(self, exit_code: Option<i64>, about: &JsonObject) -> Result<()> {
        if let Some(code) = exit_code {
            self.stream(&json!({ "complete": true, "exitcode": code }))?;
        }
        self.say(about)
    }

    fn stream(&self, body: &Value) -> Result<()> {
        let path = format!("{}/lines", self.path);
        self.place.ask("POST", &path, Some(body)).map(|_| ())
    }

    /// As it is written, NaN and large numbers too.
    fn say(&self, about: &JsonObject) -> Result<()> {
        let body = Json::Object(about.clone()).to_line();
        let content = Content::Bytes(body.into_bytes());
        self.place.send("POST", &self.path, content).map(|_| ())
    }
}
