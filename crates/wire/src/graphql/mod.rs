//! GraphQL without a schema: any document is read and executed field by field.
//!
//! The `wandb` client builds its documents by joining text, drops what it believes a server lacks,
//! and reuses operation names for different bodies. So nothing here looks at an operation's name:
//! a [`Resolver`] is asked for one field of one object at a time, a field it does not know is null
//! and listed for the log.
//!
//! The reader of documents is our own: `graphql-parser` slices block strings inside of characters
//! (a panic that a stranger could cause) and knows no surrogate pairs.

mod arguments;
mod document;
mod execute;
mod lexer;
mod parse;
mod request;
mod response;
mod variables;

pub use arguments::Arguments;
pub use document::{
    Directive, Document, Field, Fragment, InlineFragment, Literal, Operation, OperationKind, Place,
    Selection, Spread, TypeReference, VariableDefinition,
};
pub use execute::{ExecutionLimits, Object, Resolved, Resolver, execute};
pub use parse::{DocumentLimits, parse_document};
pub use request::{GraphqlRequest, RequestLimits};
pub use response::{FieldError, GraphqlError, GraphqlErrorKind, PathPart, Response};

#[cfg(test)]
mod execute_tests;
