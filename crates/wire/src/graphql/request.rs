//! The body of `POST /graphql`.

use super::document::{Document, Operation};
use super::execute::{ExecutionLimits, Resolver, execute};
use super::parse::{DocumentLimits, parse_document};
use super::response::Response;
use crate::error::{Error, Result};
use crate::json::{self, Json, JsonObject};

#[derive(Debug, Clone, Copy)]
pub struct RequestLimits {
    /// `wandb verify` sends 10 MB.
    pub body_bytes: usize,
    pub document: DocumentLimits,
    pub execution: ExecutionLimits,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            document: DocumentLimits::default(),
            execution: ExecutionLimits::default(),
        }
    }
}

/// A request that can be run: the document is read, the operation is there.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlRequest {
    pub document: Document,
    pub operation_name: Option<String>,
    pub variables: JsonObject,
}

impl GraphqlRequest {
    /// # Errors
    /// A body that is too large or no JSON, without `query`, with a document that can't be read or
    /// that lacks the named operation.
    pub fn decode(body: &[u8], limits: &RequestLimits) -> Result<Self> {
        const WHAT: &str = "the GraphQL request";
        if body.len() > limits.body_bytes {
            return Err(Error::TooLarge {
                what: WHAT,
                limit: limits.body_bytes,
                unit: "bytes",
            });
        }
        let body = json::parse_bytes(WHAT, body)?;
        let Some(query) = body.get("query").and_then(Json::as_str) else {
            return Err(Error::field(
                WHAT,
                "query",
                "a string with the document is wanted",
            ));
        };
        let variables = match body.get("variables") {
            None | Some(Json::Null) => JsonObject::new(),
            Some(Json::Object(variables)) => variables.clone(),
            Some(other) => {
                let problem = format!("an object is wanted, it is {}", other.kind());
                return Err(Error::field(WHAT, "variables", problem));
            }
        };
        let name = body.get("operationName").and_then(Json::as_str);
        let request = Self {
            document: parse_document(query, &limits.document)?,
            operation_name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            variables,
        };
        match request.operation() {
            Some(_) => Ok(request),
            None => {
                let problem = "the document has no operation of that name";
                Err(Error::field(WHAT, "operationName", problem))
            }
        }
    }

    pub fn operation(&self) -> Option<&Operation> {
        self.document.operation(self.operation_name.as_deref())
    }

    pub fn execute<R: Resolver>(&self, resolver: &R, limits: &RequestLimits) -> Response {
        let operation = self.operation().expect("decode looked it up");
        let variables = self.variables.clone();
        execute(
            &self.document,
            operation,
            variables,
            resolver,
            &limits.execution,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &str) -> Result<GraphqlRequest> {
        GraphqlRequest::decode(body.as_bytes(), &RequestLimits::default())
    }

    #[test]
    fn bodies_of_the_client() {
        let request =
            decode(r#"{"query":"query A{a} query B{b}","variables":null,"operationName":"B"}"#);
        let request = request.unwrap();
        assert_eq!(request.operation().unwrap().name.as_deref(), Some("B"));
        let request = decode(r#"{"query":"{a}","variables":{"x":NaN},"operationName":""}"#);
        assert_eq!(request.unwrap().variables["x"], Json::float(f64::NAN));
    }

    #[test]
    fn complaints() {
        let problem = |body: &str| decode(body).unwrap_err().to_string();
        assert!(problem("{").contains("the GraphQL request is not JSON"));
        assert!(problem("{}").contains("query: a string"));
        assert!(problem(r#"{"query":"{a}","variables":[1]}"#).contains("it is a list"));
        assert!(problem(r#"{"query":"{a}","operationName":"X"}"#).contains("no operation"));
        assert!(problem(r#"{"query":"{a"}"#).contains("line 1 column 3"));
        let limits = RequestLimits {
            body_bytes: 5,
            ..RequestLimits::default()
        };
        let large = GraphqlRequest::decode(b"{\"query\":\"{a}\"}", &limits);
        assert!(matches!(large, Err(Error::TooLarge { limit: 5, .. })));
    }
}
