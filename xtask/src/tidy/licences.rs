//! Licences of everything that is linked, against the list in `deny.toml`.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;

pub fn check(metadata: &Value) -> Result<Vec<Finding>> {
    let allowed = allowed_licences()?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let nodes = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata resolved nothing")?;
    let used: Vec<&str> = nodes
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let mut findings = Vec::new();
    for package in packages {
        // Those without a source are the workspace's own.
        if package["source"].is_null()
            || !used.contains(&package["id"].as_str().unwrap_or_default())
        {
            continue;
        }
        let place = format!("{} {}", text(&package["name"]), text(&package["version"]));
        let source = text(&package["source"]);
        if !source.starts_with("registry+https://github.com/rust-lang/crates.io-index") {
            findings.push(Finding::new(&place, "does not come from crates.io"));
        }
        let licence = text(&package["license"]);
        if licence.is_empty() {
            let problem = "states no licence; look at its files and decide in deny.toml";
            findings.push(Finding::new(place, problem));
        } else if !is_allowed(licence, &allowed) {
            let problem = format!("licence '{licence}' is not on the list in deny.toml");
            findings.push(Finding::new(place, problem));
        }
    }
    Ok(findings)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The `allow = [...]` list of the `[licenses]` table.
fn allowed_licences() -> Result<Vec<String>> {
    let path = crate::root().join("deny.toml");
    let text = std::fs::read_to_string(&path).context("reading deny.toml")?;
    let list = text
        .split_once("[licenses]")
        .and_then(|(_, rest)| rest.split_once("allow = ["))
        .and_then(|(_, rest)| rest.split_once(']'))
        .context("deny.toml has no [licenses] allow list")?
        .0;
    let names = list.split('"').skip(1).step_by(2);
    Ok(names.map(str::to_string).collect())
}

/// SPDX expressions as crates write them: OR, AND, WITH, brackets, and the old `/` for OR.
/// AND binds tighter than OR.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let fits = any_of(&words, &mut at, allowed);
    fits && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fits = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        // Both sides must be read, whichever decides.
        fits |= all_of(words, at, allowed);
    }
    fits
}

fn all_of(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut fits = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fits &= one(words, at, allowed);
    }
    fits
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if *word == "(" {
        let fits = any_of(words, at, allowed);
        *at += 1;
        return fits;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        let whole = format!("{word} WITH {exception}");
        return allowed.contains(&whole);
    }
    allowed.iter().any(|name| name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_has_them() {
        let allowed = [
            "MIT",
            "Apache-2.0",
            "Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ];
        let allowed: Vec<String> = allowed.map(String::from).to_vec();
        for good in [
            "MIT",
            "MIT/GPL-3.0",
            "GPL-2.0 OR Apache-2.0 WITH LLVM-exception",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "",
            "MIT GPL-3.0",
            "GPL-2.0 WITH LLVM-exception",
        ] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn the_list_is_found_in_the_file() {
        assert!(allowed_licences().unwrap().contains(&"MIT".to_string()));
    }
}
