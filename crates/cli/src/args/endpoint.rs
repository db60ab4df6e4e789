//! How a server is asked: the options of `openai:` references.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use gradus_eval::{ApiKey, EndpointOptions, Task};
use gradus_schema::TokenPrice;
use serde_json::{Map, Value};

use crate::failure::usage;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Servers (openai:MODEL@URL)")]
pub struct EndpointArguments {
    /// Environment variable that holds the key
    #[arg(long, value_name = "NAME", default_value = "OPENAI_API_KEY")]
    pub api_key_env: String,
    /// Requests in flight at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = super::at_least_one)]
    pub concurrency: usize,
    /// Send no more than this
    #[arg(long, value_name = "N", value_parser = positive)]
    pub requests_per_minute: Option<f64>,
    /// Of one try
    #[arg(long, value_name = "SECS", default_value_t = 120.0, value_parser = positive)]
    pub request_timeout_secs: f64,
    /// Tries of one request before it counts as failed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = super::at_least_one)]
    pub attempts: usize,
    /// Longest answer
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = super::at_least_one)]
    pub max_tokens: usize,
    /// Hold answers to the contract (response_format: json_schema)
    #[arg(long)]
    pub structured: bool,
    /// A further name under which the server reports the model; may be given several times
    #[arg(long, value_name = "MODEL")]
    pub served_as: Vec<String>,
    /// USD per million prompt and completion tokens, instead of the task's `prices`
    #[arg(long, value_name = "INPUT,OUTPUT", value_parser = price)]
    pub price: Option<TokenPrice>,
    /// Keys added to every request; null removes one
    #[arg(long, value_name = "JSON", value_parser = object)]
    pub extra_body: Option<Map<String, Value>>,
    /// Ask again for rows that failed in transport
    #[arg(long)]
    pub retry_failed: bool,
}

impl EndpointArguments {
    /// `model`: the name whose price the task may know.
    ///
    /// # Errors
    /// A key that is no text.
    pub fn options(&self, task: &Task, model: &str) -> Result<EndpointOptions> {
        let key = match std::env::var(&self.api_key_env) {
            Ok(key) => ApiKey::new(&key),
            Err(std::env::VarError::NotPresent) => None,
            Err(_) => return Err(usage(format!("the key in {} is no text", self.api_key_env))),
        };
        let price = self
            .price
            .clone()
            .or_else(|| task.file.prices.get(model).cloned());
        Ok(EndpointOptions {
            key,
            key_variable: self.api_key_env.clone(),
            concurrency: self.concurrency,
            requests_per_minute: self.requests_per_minute,
            timeout: Duration::from_secs_f64(self.request_timeout_secs.min(86_400.0)),
            attempts: self.attempts,
            max_tokens: self.max_tokens,
            structured: self.structured,
            served_as: self.served_as.clone(),
            price,
            extra: self.extra_body.clone().unwrap_or_default(),
            ..EndpointOptions::default()
        })
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".into()),
    }
}

fn price(text: &str) -> Result<TokenPrice, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    match numbers[..] {
        [input, output]
            if input >= 0.0 && output >= 0.0 && input.is_finite() && output.is_finite() =>
        {
            Ok(TokenPrice {
                input,
                output,
                as_of: None,
            })
        }
        _ => Err("must be two prices, such as 0.15,0.60".into()),
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("must be a JSON object ({error})"))
}
