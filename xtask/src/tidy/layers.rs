//! The layers of ARCHITECTURE.md, read from the manifests: dependencies point one way only.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;

/// Each crate and those of the workspace that it may depend on. A crate that is not named here
/// has no place yet; give it one here and in ARCHITECTURE.md.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("gradus-schema", &[]),
    ("gradus-analysis", &["gradus-schema"]),
    ("gradus-evidence", &["gradus-schema"]),
    ("gradus-wire", &["gradus-schema"]),
    ("gradus-store", &["gradus-schema"]),
    ("gradus-engine", &["gradus-schema"]),
    ("gradus-ui", &[]),
    (
        "gradus-eval",
        &["gradus-schema", "gradus-analysis", "gradus-engine"],
    ),
    (
        "gradus",
        &[
            "gradus-schema",
            "gradus-analysis",
            "gradus-evidence",
            "gradus-store",
            "gradus-engine",
            "gradus-eval",
            "gradus-wire",
            "gradus-tracker",
            "gradus-server",
        ],
    ),
    (
        "gradus-tracker",
        &[
            "gradus-schema",
            "gradus-analysis",
            "gradus-store",
            "gradus-wire",
        ],
    ),
    (
        "gradus-server",
        &[
            "gradus-schema",
            "gradus-analysis",
            "gradus-store",
            "gradus-wire",
            "gradus-tracker",
            "gradus-ui",
        ],
    ),
    ("gradus-testkit", &["gradus-schema", "gradus-analysis"]),
    ("xtask", &[]),
];

/// Usable in tests by everyone, by nothing that ships.
const ONLY_IN_TESTS: &str = "gradus-testkit";

/// What the pure crates must not reach: clocks, files and the network come from above.
const PURE: [&str; 4] = [
    "gradus-schema",
    "gradus-analysis",
    "gradus-evidence",
    "gradus-wire",
];
const IMPURE_LIBRARIES: [&str; 7] = [
    "tokio",
    "ureq",
    "reqwest",
    "tempfile",
    "signal-hook",
    "indicatif",
    "rand",
];

pub fn check(metadata: &Value) -> Result<Vec<Finding>> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has no name")?;
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            let problem =
                "this crate has no layer; add it to xtask/src/tidy/layers.rs and ARCHITECTURE.md";
            findings.push(Finding::new(name, problem));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"].as_str() == Some("dev");
            if let Some(problem) = complaint(name, used, is_dev, allowed) {
                findings.push(Finding::new(name, problem));
            }
        }
    }
    Ok(findings)
}

fn complaint(name: &str, used: &str, is_dev: bool, allowed: &[&str]) -> Option<String> {
    let is_ours = MAY_USE.iter().any(|(known, _)| *known == used);
    if is_ours && used == ONLY_IN_TESTS {
        return (!is_dev).then(|| format!("{used} is for tests; make it a dev-dependency"));
    }
    if is_ours && !allowed.contains(&used) {
        return Some(format!(
            "must not depend on {used} (layers, see ARCHITECTURE.md)"
        ));
    }
    if PURE.contains(&name) && IMPURE_LIBRARIES.contains(&used) && !is_dev {
        return Some(format!("is pure and must not depend on {used}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(name: &str, used: &str, kind: Value) -> Vec<String> {
        let metadata = json!({"packages": [
            {"name": name, "dependencies": [{"name": used, "kind": kind}]},
        ]});
        check(&metadata)
            .unwrap()
            .into_iter()
            .map(|finding| finding.problem)
            .collect()
    }

    #[test]
    fn arrows_point_one_way() {
        assert!(problems("gradus-eval", "gradus-engine", Value::Null).is_empty());
        assert_eq!(
            problems("gradus-engine", "gradus-eval", Value::Null).len(),
            1
        );
        assert_eq!(
            problems("gradus-engine", "gradus-analysis", Value::Null).len(),
            1
        );
        assert_eq!(problems("gradus-schema", "ureq", Value::Null).len(), 1);
    }

    #[test]
    fn the_testkit_stays_in_tests() {
        assert!(problems("gradus-engine", "gradus-testkit", json!("dev")).is_empty());
        assert_eq!(problems("gradus", "gradus-testkit", Value::Null).len(), 1);
    }

    #[test]
    fn a_crate_without_a_layer_is_refused() {
        assert!(problems("gradus-common", "serde", Value::Null)[0].contains("no layer"));
    }
}
