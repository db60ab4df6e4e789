//! The API's description.

use std::path::Path;

use serde_json::Value;

use crate::served::served;

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document: Value = serde_json::from_str(&gradus_server::openapi()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{method} {path}: {name}");
        }
    }
    assert!(names.len() > 35);
}

#[test]
fn the_committed_description_is_that_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = gradus_server::openapi();
    if std::env::var_os("GRADUS_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/openapi.json is not what the routes are; write it anew with \
         GRADUS_WRITE_DOCS=1 cargo test -p gradus-server --test it document"
    );
}

#[test]
fn the_description_is_served_and_whole() {
    let server = served();
    let document = server.get("openapi.json").ok();
    assert_eq!(
        document.to_string(),
        serde_json::from_str::<Value>(&gradus_server::openapi())
            .unwrap()
            .to_string()
    );
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(
            path.starts_with("/api/v1/") && !path.contains('*'),
            "{path}"
        );
        for (method, operation) in item.as_object().unwrap() {
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty(), "{method} {path} has no summary");
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let in_path = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .count();
            assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
        }
    }
}
