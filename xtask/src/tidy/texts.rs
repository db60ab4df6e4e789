//! Texts: nothing of one machine, no secret, no unfinished work, no advertising.

use super::{Finding, TextFile};

/// Words of this file are put together at compile time, so that it does not find itself.
const UNFINISHED: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("todo", "!("),
    concat!("unimpl", "emented!("),
    concat!("dbg", "!("),
];

const MACHINE_PATHS: [&str; 6] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/tmp/", "bash"),
    concat!("C:", "\\Users"),
];

/// Index settings belong to the user's own pip and cargo.
const REGISTRY_SETTINGS: [&str; 3] = [
    concat!("index", "-url"),
    concat!("INDEX", "_URL"),
    concat!("trusted", "-host"),
];

/// Hosts that the repository may name. Another one needs a reason and a line here.
const HOSTS: [&str; 26] = [
    "127.0.0.1",
    "arxiv.org",
    "crates.io",
    "doc.rust-lang.org",
    "docs.python.org",
    "docs.rs",
    "docs.wandb.ai",
    "doi.org",
    "example.com",
    "example.invalid",
    "example.org",
    "github.com",
    "html.spec.whatwg.org",
    "huggingface.co",
    "in-toto.io",
    "json-schema.org",
    "localhost",
    "nexte.st",
    "nodejs.org",
    "no-color.org",
    "pytorch.org",
    "rustup.rs",
    "spdx.org",
    "spec.openapis.org",
    "www.apache.org",
    "www.w3.org",
];

/// A beginning and how many letters and digits must follow to make it a key.
const SECRETS: [(&str, usize); 6] = [
    ("hf_", 30),
    ("ghp_", 30),
    ("github_pat_", 30),
    ("sk-", 32),
    ("AKIA", 16),
    (concat!("-----BEGIN ", "PRIVATE KEY"), 0),
];

/// Words that praise instead of saying.
const PRAISE: [&str; 8] = [
    concat!("blazing", "ly"),
    concat!("seam", "less"),
    concat!("cutting", "-edge"),
    concat!("world", "-class"),
    concat!("state-of", "-the-art"),
    concat!("revolution", "ary"),
    concat!("lorem ", "ipsum"),
    concat!("game", "-changing"),
];

/// A lock file names its packages and their hashes; from where they come is the user's setting.
fn registry_hosts(file: &TextFile) -> Vec<Finding> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.contains("\"resolved\""))
        .map(|(index, _)| {
            let problem = "names a registry; write it with the settings of ui/.npmrc";
            Finding::new(format!("{}:{}", file.path, index + 1), problem)
        })
        .collect()
}

pub fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        // The licence's text is not ours to word.
        if file.path == "LICENSE" {
            continue;
        }
        if file.path.ends_with("package-lock.json") {
            findings.extend(registry_hosts(file));
            continue;
        }
        for (index, line) in file.text.lines().enumerate() {
            for problem in complaints(line) {
                findings.push(Finding::new(
                    format!("{}:{}", file.path, index + 1),
                    problem,
                ));
            }
        }
    }
    findings
}

fn complaints(line: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let found = |words: &[&str]| {
        words
            .iter()
            .find(|word| line.contains(**word))
            .map(ToString::to_string)
    };
    if let Some(word) = found(&UNFINISHED) {
        problems.push(format!(
            "unfinished work ({word}); finish it or open an issue"
        ));
    }
    if let Some(word) = found(&MACHINE_PATHS) {
        problems.push(format!(
            "a path of one machine ({word}); make it relative or an argument"
        ));
    }
    if let Some(word) = found(&REGISTRY_SETTINGS) {
        problems.push(format!(
            "a package index is set ({word}); that is the user's choice"
        ));
    }
    if let Some(start) = secret(line) {
        problems.push(format!(
            "looks like a secret ({start}…); remove it and revoke it"
        ));
    }
    for host in hosts(line) {
        // Without a dot it is a stand-in of an example or a test.
        if host.contains('.') && !HOSTS.contains(&host) && !host.contains(['{', '<', '$']) {
            problems.push(format!(
                "host {host} is not on the list in xtask/src/tidy/texts.rs"
            ));
        }
    }
    let lower = line.to_lowercase();
    if let Some(word) = PRAISE.iter().find(|word| lower.contains(**word)) {
        problems.push(format!("'{word}' praises; say what it does"));
    }
    problems
}

fn secret(line: &str) -> Option<&'static str> {
    for (start, length) in SECRETS {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            let follows = line[at + start.len()..].chars();
            let run = follows.take_while(|c| c.is_ascii_alphanumeric()).count();
            let begins_a_word = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
            if begins_a_word && run >= length {
                return Some(start);
            }
        }
    }
    None
}

/// The hosts of all web addresses in a line, without port.
fn hosts(line: &str) -> Vec<&str> {
    let mut hosts = Vec::new();
    for scheme in ["http://", "https://"] {
        for (at, _) in line.match_indices(scheme) {
            let rest = &line[at + scheme.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".-{}<>$@_".contains(c)));
            let host = &rest[..end.unwrap_or(rest.len())];
            let host = host
                .rsplit('@')
                .next()
                .unwrap_or(host)
                .trim_end_matches('.');
            if !host.is_empty() {
                hosts.push(host);
            }
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_belong_is_found() {
        let key = format!("token = \"hf_{}\"", "a1".repeat(17));
        assert!(complaints(&key)[0].contains("secret"));
        assert!(complaints(&format!("see {}me/ann/x", "/ho"))[0].contains("one machine"));
        assert!(complaints(&format!("// {}: later", UNFINISHED[0]))[0].contains("unfinished"));
        let mirror = format!("{}://mirror.{}/simple", "https", "internal");
        assert!(complaints(&mirror)[0].contains("host mirror.internal"));
    }

    #[test]
    fn what_belongs_is_left_alone() {
        for line in [
            "https://huggingface.co/org/repo",
            "https://arxiv.org/abs/2106.09685.",
            "format!(\"http://{address}/x\")",
            "HF_TOKEN, hf_token, ask-me",
            "half_precision = task-oriented",
        ] {
            assert!(
                complaints(line).is_empty(),
                "{line}: {:?}",
                complaints(line)
            );
        }
    }
}
