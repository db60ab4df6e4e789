//! Why an answer could not be used: exactly one primary code per failed row.
//!
//! Two families that must never be mixed in one rate: the model wrote something that the
//! contract refuses, or no completion of the model arrived at all (transport).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureCode {
    /// The completion is empty or white space.
    EmptyCompletion,
    /// No `{` anywhere.
    NoJsonStart,
    /// The text ends inside the JSON value.
    UnterminatedJson,
    /// Not JSON, and none of the more telling codes.
    JsonDecodeError,
    /// JSON, but not an object.
    NotObject,
    /// Text before the object.
    LeadingText,
    /// Text after the object.
    ExtraTrailingText,
    /// The object stands in a Markdown fence.
    CodeFence,
    /// An end-of-sequence token written out, such as `</s>`.
    EosTokenLeak,
    /// The expected object sits inside another one.
    WrappedObject,
    DuplicateKey,
    MissingKey,
    ExtraKeys,
    /// A value of the wrong type: a float, string or boolean where an integer belongs.
    NotInt,
    OutOfRange,
    /// NaN or an infinity.
    NonFinite,
    /// The JSON Schema refuses it for a reason without a code of its own.
    ContractViolation,
    /// The server answered with this HTTP status.
    Http(u16),
    Timeout,
    AuthMissing,
    ModelNotSupported,
    /// The backend failed before there was an answer.
    BackendError,
}

impl FailureCode {
    /// No completion of the model exists; such rows say nothing about the model.
    pub fn is_transport(self) -> bool {
        matches!(
            self,
            Self::Http(_)
                | Self::Timeout
                | Self::AuthMissing
                | Self::ModelNotSupported
                | Self::BackendError
        )
    }
}

const NAMES: [(FailureCode, &str); 21] = [
    (FailureCode::EmptyCompletion, "empty_completion"),
    (FailureCode::NoJsonStart, "no_json_start"),
    (FailureCode::UnterminatedJson, "unterminated_json"),
    (FailureCode::JsonDecodeError, "json_decode_error"),
    (FailureCode::NotObject, "not_object"),
    (FailureCode::LeadingText, "leading_text"),
    (FailureCode::ExtraTrailingText, "extra_trailing_text"),
    (FailureCode::CodeFence, "code_fence"),
    (FailureCode::EosTokenLeak, "eos_token_leak"),
    (FailureCode::WrappedObject, "wrapped_object"),
    (FailureCode::DuplicateKey, "duplicate_key"),
    (FailureCode::MissingKey, "missing_key"),
    (FailureCode::ExtraKeys, "extra_keys"),
    (FailureCode::NotInt, "not_int"),
    (FailureCode::OutOfRange, "out_of_range"),
    (FailureCode::NonFinite, "non_finite"),
    (FailureCode::ContractViolation, "contract_violation"),
    (FailureCode::Timeout, "timeout"),
    (FailureCode::AuthMissing, "auth_missing"),
    (FailureCode::ModelNotSupported, "model_not_supported"),
    (FailureCode::BackendError, "backend_error"),
];

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Http(status) = self {
            return write!(f, "http_{status}");
        }
        let name = NAMES
            .iter()
            .find(|(code, _)| code == self)
            .map(|(_, name)| *name);
        f.write_str(name.expect("every code but http_ is in the table"))
    }
}

impl FromStr for FailureCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(status) = text.strip_prefix("http_").and_then(|s| s.parse().ok()) {
            return Ok(Self::Http(status));
        }
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(code, _)| *code)
            .ok_or_else(|| format!("unknown failure code '{text}'"))
    }
}

impl Serialize for FailureCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FailureCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_text() {
        let all = NAMES
            .iter()
            .map(|(code, _)| *code)
            .chain([FailureCode::Http(503)]);
        for code in all {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<FailureCode>(&text).unwrap(), code);
        }
        assert!("http_x".parse::<FailureCode>().is_err());
        assert!(FailureCode::Http(404).is_transport() && !FailureCode::NotInt.is_transport());
    }
}
