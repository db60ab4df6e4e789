//! Makes paths of this machine relative to the packed folder, so that evidence names nobody's
//! home. Rows and data are never touched.

use std::collections::BTreeMap;

use crate::digest::sha256_hex;
use crate::material::{Files, split};

/// What other files may name a changed file by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Of the file as it was.
    pub sha256: String,
    /// Of its value as compact JSON, for a JSON file.
    pub json_sha256: Option<String>,
}

/// Replaces every path below one of `roots` in files that state facts. Returns what each changed
/// file was before.
pub fn make_relative(files: &mut Files, roots: &[String]) -> BTreeMap<String, Original> {
    let mut longest_first: Vec<&String> = roots.iter().filter(|root| root.len() > 1).collect();
    longest_first.sort_by_key(|root| std::cmp::Reverse(root.len()));
    let mut originals = BTreeMap::new();
    for (name, bytes) in files.iter_mut() {
        if !may_be_changed(name) {
            continue;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        let mut changed = text.to_owned();
        for root in &longest_first {
            changed = without_root(&changed, root.trim_end_matches(['/', '\\']));
        }
        if changed != text {
            let original = Original {
                sha256: sha256_hex(bytes),
                json_sha256: name
                    .ends_with(".json")
                    .then(|| json_sha256(bytes))
                    .flatten(),
            };
            originals.insert(name.clone(), original);
            *bytes = changed.into_bytes();
        }
    }
    originals
}

/// SHA-256 of a JSON text without its white space.
pub(crate) fn json_sha256(bytes: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(sha256_hex(value.to_string().as_bytes()))
}

fn may_be_changed(name: &str) -> bool {
    let (_, file) = split(name);
    let facts = [".json", ".yaml", ".yml", ".txt", ".log", ".md"];
    let is_jsonl_of_facts = matches!(
        file,
        "iter_eval_metrics.jsonl" | "submissions.jsonl" | "eval_submissions.jsonl"
    );
    !file.ends_with(".schema.json")
        && (is_jsonl_of_facts || facts.iter().any(|end| file.ends_with(end)))
}

/// `ROOT/x` becomes `x`, `ROOT` alone becomes `.`; a longer name that begins alike stays.
fn without_root(text: &str, root: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(root) {
        let before = rest[..at].chars().next_back();
        let after = &rest[at + root.len()..];
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !"/.-_~".contains(c));
        let next = after.chars().next();
        result.push_str(&rest[..at]);
        if begins && next == Some('/') {
            rest = &after[1..];
        } else if begins && next.is_none_or(|c| !c.is_alphanumeric() && !"-_.".contains(c)) {
            result.push('.');
            rest = after;
        } else {
            result.push_str(root);
            rest = after;
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_of_facts_change() {
        let root = "/data/ann/run";
        assert_eq!(without_root("\"/data/ann/run/a.json\"", root), "\"a.json\"");
        assert_eq!(without_root("task: /data/ann/run\n", root), "task: .\n");
        assert_eq!(without_root("m+/data/ann/run/out", root), "m+out");
        for kept in ["/data/ann/run2/x", "/more/data/ann/run/x", "plain"] {
            assert_eq!(without_root(kept, root), kept);
        }
        let mut files = Files::from([
            ("a.yaml".to_owned(), b"x: /data/ann/run/y".to_vec()),
            ("rows.jsonl".to_owned(), b"/data/ann/run/y".to_vec()),
        ]);
        let originals = make_relative(&mut files, &[format!("{root}/"), "/".into()]);
        assert_eq!(files["a.yaml"], b"x: y");
        assert_eq!(files["rows.jsonl"], b"/data/ann/run/y");
        assert_eq!(
            originals["a.yaml"].sha256,
            sha256_hex(b"x: /data/ann/run/y")
        );
    }
}
