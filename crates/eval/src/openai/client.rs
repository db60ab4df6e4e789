//! One request to a server, tried until it is answered, refused for good or given up.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use gradus_analysis::Draws;
use gradus_schema::{AnsweredBy, Attempt, ChatMessage, Cost, CostBasis, FailureCode};
use serde_json::{Value, json};
use ureq::Agent;

use super::reply::{Reply, cost_of, failure_of, is_passing, is_same_model, read_reply};
use super::retry::{Pace, delay, pause, retry_after};
use super::{EndpointOptions, ModelAt};
use crate::answer::RawAnswer;

const LONGEST_BODY_BYTES: u64 = 8 * 1024 * 1024;
/// Of a server's complaint as it is shown.
const SHOWN_CHARACTERS: usize = 300;
/// The name of who answered where nobody did.
pub(super) const NOBODY: &str = "(nobody)";
/// The name of a model that the server did not name.
const UNNAMED: &str = "(unnamed)";

/// Asks one model on one server; shared by all threads.
pub(crate) struct Client {
    agent: Agent,
    model: ModelAt,
    endpoint: String,
    options: EndpointOptions,
    pace: Pace,
}

/// A request's outcome after all its tries.
pub(crate) struct Asked {
    pub raw: RawAnswer,
    pub answered_by: AnsweredBy,
    /// What the last failed try said.
    pub complaint: Option<String>,
    /// Whether the server could not even be connected to.
    pub unreachable: bool,
}

struct Failure {
    code: FailureCode,
    text: String,
    asked_for: Option<Duration>,
    unreachable: bool,
}

impl Client {
    pub(crate) fn new(model: ModelAt, options: EndpointOptions) -> Self {
        let configuration = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(options.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(options.concurrency.max(1))
            .user_agent(concat!("gradus/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: configuration.into(),
            endpoint: model.endpoint(),
            pace: Pace::new(options.requests_per_minute),
            model,
            options,
        }
    }

    pub(crate) fn options(&self) -> &EndpointOptions {
        &self.options
    }

    /// The body of a request.
    pub(super) fn body(&self, messages: &[ChatMessage], schema: Option<&Value>) -> Value {
        let turns: Vec<Value> = messages
            .iter()
            .map(|message| json!({"role": message.role, "content": message.content}))
            .collect();
        let mut body = json!({
            "model": self.model.model,
            "messages": turns,
            "temperature": self.options.temperature,
            "max_tokens": self.options.max_tokens,
        });
        if let Some(seed) = self.options.seed {
            body["seed"] = json!(seed);
        }
        if let Some(schema) = schema {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": true, "schema": schema},
            });
        }
        for (key, value) in &self.options.extra {
            body[key] = value.clone();
        }
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        body
    }

    /// Asks until there is an answer; `None` when stopped. `jitter_seed` spreads the waits.
    pub(crate) fn ask(
        &self,
        messages: &[ChatMessage],
        schema: Option<&Value>,
        jitter_seed: u64,
        stop: &AtomicBool,
    ) -> Option<Asked> {
        let body = self.body(messages, schema);
        let mut draws = Draws::new(jitter_seed);
        let mut attempts: Vec<Attempt> = Vec::new();
        let began = Instant::now();
        loop {
            if !pause(self.pace.take_turn(Instant::now()), stop) {
                return None;
            }
            let tried = Instant::now();
            let outcome = self.try_once(&body);
            let latency_secs = tried.elapsed().as_secs_f64();
            let failure = match outcome {
                Ok(reply) => {
                    attempts.push(Attempt {
                        failure: None,
                        served_model: reply.model.clone(),
                        latency_secs,
                    });
                    return Some(self.answered(reply, attempts, latency_secs));
                }
                Err(failure) => failure,
            };
            attempts.push(Attempt {
                failure: Some(failure.code),
                served_model: None,
                latency_secs,
            });
            if !is_passing(failure.code) || attempts.len() >= self.options.attempts.max(1) {
                return Some(self.given_up(failure, attempts, began.elapsed().as_secs_f64()));
            }
            let EndpointOptions {
                first_delay,
                longest_delay,
                ..
            } = self.options;
            let wait = delay(
                attempts.len(),
                draws.unit(),
                first_delay,
                longest_delay,
                failure.asked_for,
            );
            if failure.asked_for.is_some() {
                self.pace.hold_back(Instant::now() + wait);
            }
            if !pause(wait, stop) {
                return None;
            }
        }
    }

    fn try_once(&self, body: &Value) -> Result<Reply, Failure> {
        let mut request = self.agent.post(&self.endpoint);
        if let Some(key) = &self.options.key {
            request = request.header("authorization", key.header());
        }
        let mut response = request
            .send_json(body)
            .map_err(|error| self.transport(&error))?;
        let status = response.status().as_u16();
        let asked_for = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(retry_after);
        let text = response
            .body_mut()
            .with_config()
            .limit(LONGEST_BODY_BYTES)
            .read_to_string()
            .map_err(|error| self.transport(&error))?;
        let fail = |code| Failure {
            code,
            text: self.shown(&format!("{code}: {text}")),
            asked_for,
            unreachable: false,
        };
        if !(200..300).contains(&status) {
            return Err(fail(failure_of(status, &text)));
        }
        read_reply(&text).map_err(fail)
    }

    fn transport(&self, error: &ureq::Error) -> Failure {
        let timed_out = matches!(error, ureq::Error::Timeout(_))
            || matches!(error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::TimedOut);
        let refused = matches!(
            error,
            ureq::Error::ConnectionFailed | ureq::Error::HostNotFound
        ) || matches!(error, ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused);
        Failure {
            code: if timed_out {
                FailureCode::Timeout
            } else {
                FailureCode::BackendError
            },
            text: self.shown(&error.to_string()),
            asked_for: None,
            unreachable: refused,
        }
    }

    /// A complaint as it may be shown: short, on one line, without the key.
    fn shown(&self, text: &str) -> String {
        let text = match &self.options.key {
            Some(key) => key.redact(text),
            None => text.to_owned(),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").chars().take(SHOWN_CHARACTERS).collect()
    }

    fn answered(&self, reply: Reply, attempts: Vec<Attempt>, latency_secs: f64) -> Asked {
        let served = reply.model.clone().unwrap_or_else(|| UNNAMED.to_owned());
        let as_requested = is_same_model(&self.model.model, &served, &self.options.served_as);
        let answered_by = AnsweredBy {
            model: served,
            revision: reply
                .fingerprint
                .clone()
                .unwrap_or_else(|| self.model.url.clone()),
            adapter_sha256: None,
            backend: "openai".to_owned(),
        };
        let raw = RawAnswer {
            latency_secs,
            tokens: reply.tokens.unwrap_or_default(),
            cost: cost_of(&reply, self.options.price.as_ref()),
            completion: Ok(reply.text),
            served_as_requested: as_requested,
            attempts,
            median_fallbacks: 0,
        };
        Asked {
            raw,
            answered_by,
            complaint: None,
            unreachable: false,
        }
    }

    fn given_up(&self, failure: Failure, attempts: Vec<Attempt>, latency_secs: f64) -> Asked {
        let raw = RawAnswer {
            completion: Err(failure.code),
            latency_secs,
            tokens: gradus_schema::TokenCounts::default(),
            cost: Cost {
                usd: None,
                basis: CostBasis::Unpriced,
            },
            served_as_requested: false,
            attempts,
            median_fallbacks: 0,
        };
        let answered_by = AnsweredBy {
            model: NOBODY.to_owned(),
            revision: self.model.url.clone(),
            adapter_sha256: None,
            backend: "openai".to_owned(),
        };
        Asked {
            raw,
            answered_by,
            complaint: Some(failure.text),
            unreachable: failure.unreachable,
        }
    }
}
