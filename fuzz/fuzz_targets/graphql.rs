//! A GraphQL document of a stranger: read, then run against a resolver whose every field is an
//! object of its own type, so that whatever a document asks for goes as deep as it can.

#![no_main]

#[path = "../../crates/wire/tests/support/endless.rs"]
mod endless;

use gradus_wire::JsonObject;
use gradus_wire::graphql::{DocumentLimits, ExecutionLimits, execute, parse_document};
use libfuzzer_sys::fuzz_target;

use endless::Endless;

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
