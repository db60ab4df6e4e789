//! File sizes: one subject a file, so that it can be read in one sitting.

use super::{Finding, TextFile};

const WARN_LINES: usize = 500;
const FAIL_LINES: usize = 650;

pub fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let is_rust = file.path.ends_with(".rs");
        if !is_rust && !file.path.ends_with(".py") {
            continue;
        }
        let lines = file.text.lines().count();
        if lines > WARN_LINES {
            let problem = format!(
                "{lines} lines; split it by subject (aim {WARN_LINES}, limit {FAIL_LINES})"
            );
            let mut finding = Finding::new(&file.path, problem);
            finding.is_warning = lines <= FAIL_LINES;
            findings.push(finding);
        }
        let is_library_code = is_rust && file.path.contains("/src/");
        if is_library_code && lines > 20 && !file.text.starts_with("//!") {
            let problem = "the file does not open with a `//!` comment that says why it exists";
            findings.push(Finding::new(&file.path, problem));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(lines: usize) -> Vec<Finding> {
        let text = format!("//! Why.\n{}", "// x\n".repeat(lines - 1));
        check(&[TextFile {
            path: "crates/a/src/b.rs".into(),
            text,
        }])
    }

    #[test]
    fn long_files_are_named_then_refused() {
        assert!(findings(500).is_empty());
        assert!(findings(501)[0].is_warning);
        assert!(!findings(651)[0].is_warning);
    }
}
