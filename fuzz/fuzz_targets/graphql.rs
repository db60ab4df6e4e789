//! A GraphQL document of a stranger: read, then run against a resolver whose every field is an
//! object of its own type, so that whatever a document asks for goes as deep as it can.

#![no_main]

use gradus_wire::JsonObject;
use gradus_wire::graphql::{
    Arguments, DocumentLimits, ExecutionLimits, GraphqlError, Object, OperationKind, Resolved,
    Resolver, execute, parse_document,
};
use libfuzzer_sys::fuzz_target;

struct Endless;

impl Resolver for Endless {
    type Node = ();

    fn root(&self, _: OperationKind) -> Object<()> {
        Object::new("Query", ())
    }

    fn resolve(
        &self,
        _: &Object<()>,
        field: &str,
        arguments: &Arguments,
    ) -> Result<Resolved<()>, GraphqlError> {
        let again = || Resolved::Object(Object::new("Query", ()));
        Ok(match field.len() {
            0..2 => again(),
            2 => Resolved::List(vec![again(), again()]),
            _ => Resolved::text(arguments.required_text(field)?),
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(document) = parse_document(text, &DocumentLimits::default()) {
        let limits = ExecutionLimits {
            steps: 20_000,
            ..ExecutionLimits::default()
        };
        for operation in &document.operations {
            let response = execute(&document, operation, JsonObject::new(), &Endless, &limits);
            let _ = response.to_body();
        }
    }
});
