//! What comes back of an operation: data, and errors in the words that the user will read.

use std::collections::BTreeSet;

use crate::json::{Json, JsonObject};

/// A field that could not be answered, in the words that the user will read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GraphqlError {
    pub kind: GraphqlErrorKind,
    pub message: String,
}

/// What a server makes a status of: the client gives up on some and tries again on others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphqlErrorKind {
    BadInput,
    NotFound,
    Forbidden,
    Conflict,
    /// Will pass: the client shall try again.
    Unavailable,
    Internal,
}

impl GraphqlError {
    pub fn new(kind: GraphqlErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(GraphqlErrorKind::BadInput, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(GraphqlErrorKind::NotFound, message)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// An object, or null when nothing of the operation succeeded.
    pub data: Json,
    pub errors: Vec<FieldError>,
    /// `Type.field` that no resolver knew, sorted; for the log.
    pub unknown_fields: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    pub error: GraphqlError,
    pub path: Vec<PathPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    Key(String),
    Index(usize),
}

impl Response {
    /// An answer that consists of one error.
    pub fn refused(error: GraphqlError) -> Self {
        Self {
            data: Json::Null,
            errors: vec![FieldError {
                error,
                path: Vec::new(),
            }],
            unknown_fields: BTreeSet::new(),
        }
    }

    /// The body, as strict JSON: Go's reader takes no bare NaN.
    pub fn to_body(&self) -> String {
        let mut body = JsonObject::new();
        body.insert("data".into(), self.data.clone());
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(FieldError::to_json).collect();
            body.insert("errors".into(), Json::Array(errors));
        }
        Json::Object(body).to_strict()
    }
}

impl FieldError {
    fn to_json(&self) -> Json {
        let path = self.path.iter().map(|part| match part {
            PathPart::Key(key) => Json::text(key),
            PathPart::Index(index) => Json::int(i64::try_from(*index).unwrap_or(i64::MAX)),
        });
        Json::object([
            ("message", Json::text(&self.error.message)),
            ("path", Json::Array(path.collect())),
        ])
    }
}
