//! A model on a server as an answerer: several requests in flight, each answer handed over as it
//! comes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use gradus_schema::{AnsweredBy, FailureCode};
use serde_json::{Value, json};

use super::client::{Asked, Client};
use super::{EndpointOptions, ModelAt};
use crate::answer::{Answerer, Answers, Deliver, Question};
use crate::contract::Contract;
use crate::pool;
use crate::{Error, Result};

pub struct OpenAiAnswerer {
    model: ModelAt,
    client: Client,
    schema: Option<Value>,
    /// Rows answered so far: a server that never answered one is not worth asking on.
    answered: AtomicUsize,
}

impl OpenAiAnswerer {
    /// # Errors
    /// Structured outputs for answers that are no JSON.
    pub fn new(model: ModelAt, options: EndpointOptions, contract: &Contract) -> Result<Self> {
        if options.structured && !contract.is_json() {
            return Err(Error::Configuration(
                "structured outputs need a task whose answers are JSON".to_owned(),
            ));
        }
        let schema = options
            .structured
            .then(|| contract.decoding_schema().clone());
        Ok(Self {
            client: Client::new(model.clone(), options),
            model,
            schema,
            answered: AtomicUsize::new(0),
        })
    }

    /// Why going on is pointless, if it is: the first thing a server says is no to everybody.
    fn hopeless(&self, asked: &Asked) -> Option<Error> {
        if self.answered.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let complaint = asked.complaint.as_deref()?;
        let problem = match asked.raw.completion {
            Err(FailureCode::AuthMissing) => {
                let variable = &self.client.options().key_variable;
                let key = match &self.client.options().key {
                    Some(_) => format!("the server refuses the key in {variable}"),
                    None => format!("the server wants a key; set {variable}"),
                };
                format!("{key} ({complaint})")
            }
            Err(FailureCode::ModelNotSupported) => {
                format!(
                    "the server does not serve '{}' ({complaint})",
                    self.model.model
                )
            }
            Err(_) if asked.unreachable => {
                format!("the server can't be reached ({complaint}); is it running there?")
            }
            _ => return None,
        };
        Some(Error::Server {
            problem,
            url: self.model.url.clone(),
        })
    }

    fn answers(&self, asked: Asked) -> Answers {
        if asked.raw.completion.is_ok() {
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        let (constrained, unconstrained) = match self.schema {
            Some(_) => (Some(asked.raw), None),
            None => (None, Some(asked.raw)),
        };
        Answers {
            answered_by: asked.answered_by,
            constrained,
            unconstrained,
        }
    }
}

impl Answerer for OpenAiAnswerer {
    fn answered_by(&self) -> AnsweredBy {
        AnsweredBy {
            model: self.model.model.clone(),
            revision: self.model.url.clone(),
            adapter_sha256: None,
            backend: "openai".to_owned(),
        }
    }

    fn decode(&self) -> Value {
        let options = self.client.options();
        json!({
            "temperature": options.temperature,
            "max_tokens": options.max_tokens,
            "seed": options.seed,
            "response_format": self.schema.as_ref().map(|_| "json_schema"),
            "extra": options.extra,
        })
    }

    fn batch_rows(&self) -> usize {
        usize::MAX
    }

    fn answer(&mut self, questions: &[Question<'_>], stop: &AtomicBool) -> Result<Vec<Answers>> {
        let mut all: Vec<Option<Answers>> = vec![None; questions.len()];
        self.answer_each(questions, stop, &mut |index, answers| {
            all[index] = Some(answers);
            Ok(())
        })?;
        Ok(all.into_iter().map_while(|answers| answers).collect())
    }

    fn answer_each(
        &mut self,
        questions: &[Question<'_>],
        stop: &AtomicBool,
        deliver: &mut Deliver<'_>,
    ) -> Result<()> {
        let this = &*self;
        let work = |index: usize| {
            let question = &questions[index];
            let (schema, seed) = (this.schema.as_ref(), question.row.row as u64);
            let asked = this.client.ask(&question.messages, schema, seed, stop)?;
            Some(match this.hopeless(&asked) {
                Some(error) => Err(error),
                None => Ok(this.answers(asked)),
            })
        };
        let threads = this.client.options().concurrency;
        pool::each(questions.len(), threads, stop, work, deliver)
    }
}
