//! How nouns that are written as text look in an API's description.

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::failure::FailureCode;
use crate::gates::GateScope;

impl PartialSchema for FailureCode {
    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl ToSchema for FailureCode {}

impl PartialSchema for GateScope {
    fn schema() -> RefOr<Schema> {
        String::schema()
    }
}

impl ToSchema for GateScope {}
