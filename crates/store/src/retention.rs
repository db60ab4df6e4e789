//! Which runs a rule gives up. Choosing is pure; deleting is a change like any other.

use std::collections::HashMap;

use crate::run::{RunNumber, RunRecord};

/// What is kept. A run goes when every limit that is set lets it go; without any limit all stay.
/// Runs that are running, or carry the tag `keep`, always stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Runs last heard of since this moment stay. Those of which no time is known stay as well.
    pub keep_since_unix_ms: Option<i64>,
    /// So many of the newest runs of each project stay.
    pub keep_newest: Option<usize>,
}

/// The tag with which people keep a run.
pub const KEEP_TAG: &str = "keep";

impl Retention {
    /// Numbers of the runs to delete, ascending.
    pub fn runs_to_delete<'a>(
        &self,
        records: impl IntoIterator<Item = &'a RunRecord>,
    ) -> Vec<RunNumber> {
        if *self == Self::default() {
            return Vec::new();
        }
        let mut projects: HashMap<(&str, &str), Vec<&RunRecord>> = HashMap::new();
        for record in records {
            let project = (record.key.entity.as_str(), record.key.project.as_str());
            projects.entry(project).or_default().push(record);
        }
        let mut chosen = Vec::new();
        for mut runs in projects.into_values() {
            runs.sort_by_key(|run| (run.fields.created_unix_ms, run.number));
            let newest = self.keep_newest.unwrap_or(0).min(runs.len());
            runs.truncate(runs.len() - newest);
            chosen.extend(
                runs.iter()
                    .filter(|run| self.lets_go(run))
                    .map(|run| run.number),
            );
        }
        chosen.sort_unstable();
        chosen
    }

    fn lets_go(&self, run: &RunRecord) -> bool {
        let fields = &run.fields;
        let is_kept = fields.tags.iter().flatten().any(|tag| tag == KEEP_TAG);
        let is_running = matches!(fields.state.as_deref(), None | Some("running" | "pending"));
        let heard = fields.heartbeat_unix_ms.max(fields.created_unix_ms);
        let is_old = match (self.keep_since_unix_ms, heard) {
            (Some(since), Some(heard)) => heard < since,
            (Some(_), None) => false,
            (None, _) => true,
        };
        is_old && !is_kept && !is_running
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RunFields, RunKey};

    fn run(number: u64, project: &str, created: i64, state: &str, tag: &str) -> RunRecord {
        RunRecord {
            number,
            revision: 0,
            key: RunKey::new("e", project, &number.to_string()),
            fields: RunFields {
                created_unix_ms: Some(created),
                state: Some(state.into()),
                tags: Some(vec![tag.into()]),
                ..RunFields::default()
            },
        }
    }

    #[test]
    fn old_finished_runs_go_and_nothing_else() {
        let runs = [
            run(1, "p", 10, "finished", ""),
            run(2, "p", 20, "running", ""),
            run(3, "p", 30, "crashed", "keep"),
            run(4, "p", 40, "failed", ""),
            run(5, "p", 50, "finished", ""),
            run(6, "q", 10, "finished", ""),
        ];
        let to_delete = |since, newest| {
            let rule = Retention {
                keep_since_unix_ms: since,
                keep_newest: newest,
            };
            rule.runs_to_delete(&runs)
        };
        assert!(to_delete(None, None).is_empty());
        assert_eq!(to_delete(Some(45), None), [1, 4, 6]);
        assert_eq!(to_delete(None, Some(1)), [1, 4]);
        assert_eq!(to_delete(Some(15), Some(2)), [1]);
        assert!(to_delete(Some(0), Some(0)).is_empty());
    }
}
