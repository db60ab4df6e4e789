//! Reading a server's response: pure, and the response is whatever the server sent.

use gradus_schema::{Cost, CostBasis, FailureCode, TokenCounts, TokenPrice};
use serde_json::Value;

/// What a successful response holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    /// The model that the server says it used.
    pub model: Option<String>,
    pub fingerprint: Option<String>,
    pub tokens: Option<TokenCounts>,
    /// What the server says it charged.
    pub charged_usd: Option<f64>,
}

/// # Errors
/// `backend_error` for a body that is no chat completion.
pub(super) fn read_reply(body: &str) -> Result<Reply, FailureCode> {
    let body: Value = serde_json::from_str(body).map_err(|_| FailureCode::BackendError)?;
    let message = body
        .pointer("/choices/0/message")
        .ok_or(FailureCode::BackendError)?;
    let text = match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        // A refusal or a mere tool call is an answer of the model, and an empty one.
        Some(Value::Null) => String::new(),
        _ => return Err(FailureCode::BackendError),
    };
    let named = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
    let count = |key: &str| {
        let count = body.get("usage")?.get(key)?.as_u64()?;
        usize::try_from(count).ok()
    };
    let tokens = count("prompt_tokens").zip(count("completion_tokens"));
    let charged = body.pointer("/usage/cost").and_then(Value::as_f64);
    Ok(Reply {
        text,
        model: named("model").filter(|model| !model.trim().is_empty()),
        fingerprint: named("system_fingerprint"),
        tokens: tokens.map(|(prompt, completion)| TokenCounts {
            prompt,
            completion,
            forced: 0,
        }),
        charged_usd: charged.filter(|usd| usd.is_finite() && *usd >= 0.0),
    })
}

/// The code of a response that is no success.
pub(super) fn failure_of(status: u16, body: &str) -> FailureCode {
    let about_model = body.contains("model_not_found")
        || body.contains("model_not_supported")
        || body.contains("does not exist") && body.contains("model");
    match status {
        401 => FailureCode::AuthMissing,
        400 | 404 if about_model => FailureCode::ModelNotSupported,
        _ => FailureCode::Http(status),
    }
}

/// Whether asking again may help.
pub(super) fn is_passing(code: FailureCode) -> bool {
    matches!(
        code,
        FailureCode::Http(408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 529)
            | FailureCode::Timeout
            | FailureCode::BackendError
    )
}

/// Whether `served` is another name for `requested`: the same, one of the names that the caller
/// accepts, a dated snapshot of it (`NAME-2024-07-18`), or its `latest` tag.
pub(super) fn is_same_model(requested: &str, served: &str, accepted: &[String]) -> bool {
    if served == requested || accepted.iter().any(|name| name == served) {
        return true;
    }
    match served.strip_prefix(requested) {
        Some(":latest") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(is_date),
        None => false,
    }
}

/// `2024-07-18` or `20240718`.
fn is_date(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let shape_fits = match text.len() {
        10 => text.split('-').map(str::len).eq([4, 2, 2]),
        8 => true,
        _ => false,
    };
    shape_fits && digits.len() == 8 && digits.starts_with("20")
}

/// What a reply cost: as charged, else by its tokens and a price.
pub(super) fn cost_of(reply: &Reply, price: Option<&TokenPrice>) -> Cost {
    if let Some(usd) = reply.charged_usd {
        return Cost {
            usd: Some(usd),
            basis: CostBasis::Metered,
        };
    }
    let priced = price.zip(reply.tokens).map(|(price, tokens)| {
        (tokens.prompt as f64 * price.input + tokens.completion as f64 * price.output) / 1e6
    });
    Cost {
        usd: priced,
        basis: if priced.is_some() {
            CostBasis::TokenEstimate
        } else {
            CostBasis::Unpriced
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reply_is_read_with_model_and_usage() {
        let body = json!({
            "model": "m", "system_fingerprint": "fp_1",
            "choices": [{"message": {"role": "assistant", "content": "hi"}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500}
        });
        let reply = read_reply(&body.to_string()).unwrap();
        assert_eq!(
            (reply.text.as_str(), reply.model.as_deref()),
            ("hi", Some("m"))
        );
        let price = TokenPrice {
            input: 1.0,
            output: 4.0,
            as_of: None,
        };
        let cost = cost_of(&reply, Some(&price));
        assert_eq!(
            (cost.usd, cost.basis),
            (Some(0.003), CostBasis::TokenEstimate)
        );
        assert_eq!(cost_of(&reply, None).usd, None);
        let empty = json!({"choices": [{"message": {"content": null}}]});
        assert_eq!(read_reply(&empty.to_string()).unwrap().text, "");
        assert_eq!(read_reply("<html>"), Err(FailureCode::BackendError));
        assert_eq!(
            read_reply(r#"{"choices": []}"#),
            Err(FailureCode::BackendError)
        );
    }

    #[test]
    fn names_of_one_model() {
        let same = |served| is_same_model("gpt-4o-mini", served, &["alias".to_owned()]);
        assert!(
            same("gpt-4o-mini") && same("gpt-4o-mini-2024-07-18") && same("gpt-4o-mini-20240718")
        );
        assert!(same("alias") && same("gpt-4o-mini:latest"));
        assert!(!same("gpt-4o") && !same("gpt-4o-mini-high") && !same("ministral-3b-latest"));
    }

    #[test]
    fn statuses_have_codes() {
        assert_eq!(failure_of(401, ""), FailureCode::AuthMissing);
        assert_eq!(
            failure_of(404, "model_not_found"),
            FailureCode::ModelNotSupported
        );
        assert_eq!(failure_of(404, "no route"), FailureCode::Http(404));
        assert!(is_passing(FailureCode::Http(429)) && !is_passing(FailureCode::Http(404)));
    }

    proptest! {
        #[test]
        fn no_body_breaks_it(body in r#"(?s)\{"choices":\[\{"message":.{0,30}|.{0,60}"#) {
            let _ = read_reply(&body);
            is_same_model("a", &body, &[]);
        }
    }
}
