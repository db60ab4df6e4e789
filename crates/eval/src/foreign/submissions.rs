//! Job ledgers (`submissions.jsonl`): one line per job handed to a cloud, with the tail of what the
//! command printed. The job's id is read from that output, as the ledgers' own `job_id` is null
//! for jobs that started and a request id for jobs that did not.

use gradus_schema::{RowError, parse_json_rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The command printed the id of a started job.
    Started { job_id: String },
    /// The command failed; `reason` is the telling line of what it printed.
    Failed { reason: String },
    /// It ended well and named no job.
    Unknown,
}

/// One line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Line in the ledger, from 1.
    pub row: usize,
    pub run_name: Option<String>,
    pub submitted_at: Option<String>,
    pub flavor: Option<String>,
    pub command: Option<String>,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Reads a ledger.
///
/// # Errors
/// The first line that is no JSON object.
pub fn parse_submissions(bytes: &[u8]) -> Result<Vec<Submission>, RowError> {
    let rows = parse_json_rows(bytes)?;
    let read = |row: gradus_schema::JsonRow| {
        let text = |key: &str| row.fields.get(key).and_then(Value::as_str);
        let owned = |key: &str| text(key).map(str::to_owned);
        let stdout = text("stdout_tail").unwrap_or_default();
        let stderr = text("stderr_tail").unwrap_or_default();
        Submission {
            row: row.row,
            run_name: owned("run_name"),
            submitted_at: owned("submitted_at"),
            flavor: owned("flavor"),
            command: owned("command"),
            outcome: outcome(
                row.fields.get("exit_code").and_then(Value::as_i64),
                stdout,
                stderr,
            ),
        }
    };
    Ok(rows.into_iter().map(read).collect())
}

fn outcome(exit_code: Option<i64>, stdout: &str, stderr: &str) -> Outcome {
    if exit_code.is_some_and(|code| code != 0) {
        let code = exit_code.unwrap_or_default();
        let reason = telling_line(stderr).or_else(|| telling_line(stdout));
        return Outcome::Failed {
            reason: reason.map_or_else(|| format!("exit code {code}"), str::to_owned),
        };
    }
    match job_id(stdout).or_else(|| job_id(stderr)) {
        Some(id) => Outcome::Started {
            job_id: id.to_owned(),
        },
        None => Outcome::Unknown,
    }
}

/// The id that `Job started with ID: …` names, or the last part of a `/jobs/OWNER/ID` address.
pub fn job_id(output: &str) -> Option<&str> {
    let word = |text: &'_ str| -> usize {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .unwrap_or(text.len())
    };
    let named = output.match_indices("started with ID:").map(|(at, sign)| {
        let rest = output[at + sign.len()..].trim_start();
        &rest[..word(rest)]
    });
    let addressed = output.match_indices("/jobs/").filter_map(|(at, sign)| {
        let rest = &output[at + sign.len()..];
        let id = rest.split_once('/')?.1;
        Some(&id[..word(id)])
    });
    // Tails are cut at the front, so that the later of two is the whole one.
    let plausible = |id: &&str| id.len() >= 8;
    named
        .filter(plausible)
        .last()
        .or_else(|| addressed.filter(plausible).last())
}

/// The line that says why: an HTTP status or an error, without terminal colours.
fn telling_line(output: &str) -> Option<&str> {
    let says = |words: &'static [&'static str]| {
        move |line: &&str| {
            let lower = line.to_lowercase();
            words.iter().any(|word| lower.contains(word))
        }
    };
    let lines = || {
        output
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    // A line "Error: (Request ID …)" stands above the one that says what was wrong.
    lines()
        .find(says(&["forbidden", "unauthorized", "not found"]))
        .or_else(|| lines().find(says(&["error"])))
        .or_else(|| lines().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_the_output() {
        assert_eq!(
            job_id("Job started with ID: 69a2b6dcdfb316ac3f7bfd1f\nView at: x"),
            Some("69a2b6dcdfb316ac3f7bfd1f")
        );
        assert_eq!(
            job_id(
                "ed with ID: 123\nView at: https://huggingface.co/jobs/me/69a2b6dcdfb316ac3f7bfd1f\n"
            ),
            Some("69a2b6dcdfb316ac3f7bfd1f")
        );
        assert_eq!(job_id("nothing"), None);
        let failed = outcome(Some(1), "", "id 5\n\n403 Forbidden: no job.write\nmore");
        assert_eq!(
            failed,
            Outcome::Failed {
                reason: "403 Forbidden: no job.write".to_owned()
            }
        );
        assert_eq!(outcome(Some(0), "done", ""), Outcome::Unknown);
        assert_eq!(parse_submissions(b"{}\n[1]\n").unwrap_err().row, 2);
    }

    /// The original ledger beside the repository, where there is one.
    #[test]
    fn the_originals_ledger_gives_24_jobs_and_2_failures() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/mistral-hackathon/hf_jobs/submissions.jsonl"
        );
        let Ok(bytes) = std::fs::read(path) else {
            return;
        };
        let submissions = parse_submissions(&bytes).unwrap();
        let ids: std::collections::BTreeSet<&str> = submissions
            .iter()
            .filter_map(|it| match &it.outcome {
                Outcome::Started { job_id } => Some(job_id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!((submissions.len(), ids.len()), (26, 24));
        assert!(
            ids.iter()
                .all(|id| id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()))
        );
        let failed = submissions.iter().filter_map(|it| match &it.outcome {
            Outcome::Failed { reason } => Some(reason),
            _ => None,
        });
        let reasons: Vec<&String> = failed.collect();
        assert_eq!(reasons.len(), 2);
        assert!(
            reasons
                .iter()
                .all(|reason| reason.contains("403 Forbidden"))
        );
    }
}
