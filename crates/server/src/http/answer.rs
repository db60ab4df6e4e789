//! Errors as answers. The status says whether to try again: the client ends a run's upload for good
//! on most 4xx, so what will pass is 503 with `Retry-After`.

use axum::Json as AxumJson;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use gradus_store::Error as StoreError;
use gradus_tracker::Error as TrackerError;
use gradus_wire::graphql::{GraphqlError, GraphqlErrorKind};
use serde_json::json;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: String,
    pub retry_after_secs: Option<u64>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after_secs: None,
        }
    }

    /// Will pass: the client shall send the same again.
    pub fn passing(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: message.into(),
            retry_after_secs: Some(1),
        }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<TrackerError> for Refusal {
    fn from(error: TrackerError) -> Self {
        let message = error.to_string();
        let status = match error {
            TrackerError::Input(_) => StatusCode::BAD_REQUEST,
            TrackerError::Wire(gradus_wire::Error::TooLarge { .. }) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            TrackerError::Wire(_) => StatusCode::BAD_REQUEST,
            TrackerError::NotFound(_) => StatusCode::NOT_FOUND,
            TrackerError::Forbidden(_) => StatusCode::FORBIDDEN,
            TrackerError::Conflict(_) => StatusCode::CONFLICT,
            TrackerError::Precondition(_) => StatusCode::PRECONDITION_FAILED,
            TrackerError::Store(error) => return of_store(&error, message),
            TrackerError::Document { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, message)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        TrackerError::from(error).into()
    }
}

impl From<gradus_wire::Error> for Refusal {
    fn from(error: gradus_wire::Error) -> Self {
        TrackerError::from(error).into()
    }
}

fn of_store(error: &StoreError, message: String) -> Refusal {
    match error {
        // Two requests for one run at once: planned anew, the second fits.
        StoreError::Gap { .. } => Refusal::passing(message),
        error if error.is_passing() => Refusal::passing(message),
        StoreError::NoRun(_) | StoreError::BlobMissing(_) => {
            Refusal::new(StatusCode::NOT_FOUND, message)
        }
        StoreError::Input(_) | StoreError::BlobHash { .. } => {
            Refusal::new(StatusCode::BAD_REQUEST, message)
        }
        _ => Refusal::internal(message),
    }
}

impl From<Refusal> for GraphqlError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.status {
            StatusCode::NOT_FOUND => GraphqlErrorKind::NotFound,
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => GraphqlErrorKind::Forbidden,
            StatusCode::CONFLICT => GraphqlErrorKind::Conflict,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                GraphqlErrorKind::Unavailable
            }
            status if status.is_server_error() => GraphqlErrorKind::Internal,
            _ => GraphqlErrorKind::BadInput,
        };
        Self::new(kind, refusal.message)
    }
}

/// The status of a GraphQL answer of which nothing succeeded.
pub fn status_of(kind: GraphqlErrorKind) -> StatusCode {
    match kind {
        GraphqlErrorKind::BadInput => StatusCode::BAD_REQUEST,
        GraphqlErrorKind::NotFound => StatusCode::NOT_FOUND,
        GraphqlErrorKind::Forbidden => StatusCode::FORBIDDEN,
        GraphqlErrorKind::Conflict => StatusCode::CONFLICT,
        GraphqlErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        GraphqlErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Refusal {
    /// In the form that the client reads messages from, and people can.
    fn into_response(self) -> Response {
        let body = AxumJson(json!({
            "error": self.message,
            "errors": [{ "message": self.message }],
        }));
        match self.retry_after_secs {
            Some(secs) => (self.status, [(RETRY_AFTER, secs.to_string())], body).into_response(),
            None => (self.status, body).into_response(),
        }
    }
}
