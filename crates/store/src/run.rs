//! What is known of a run beside its rows, and how a request changes it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number under which the store knows a run; never used twice.
pub type RunNumber = u64;

/// How people and clients name a run. `name` is the client's run id, not what is displayed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunKey {
    pub entity: String,
    pub project: String,
    pub name: String,
}

impl RunKey {
    pub fn new(entity: &str, project: &str, name: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            project: project.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.entity, self.project, self.name)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    pub number: RunNumber,
    /// Grows with every change of any run; says whether the catalogue knows this state.
    pub revision: u64,
    pub key: RunKey,
    pub fields: RunFields,
}

/// Everything that a request may set. In a [`RunPatch`] `None` leaves a field alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `running`, `finished`, `failed`, `crashed`, … as the server decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_unix_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_unix_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The whole configuration as the JSON object that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The whole summary as the JSON object that was sent; bare NaN and infinities are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What the server wants to keep beside (program, host, commit, …), a JSON object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
}

pub type RunPatch = RunFields;

impl RunFields {
    pub(crate) fn apply(&mut self, patch: RunPatch) {
        fn set<T>(field: &mut Option<T>, patch: Option<T>) {
            if patch.is_some() {
                *field = patch;
            }
        }
        set(&mut self.display_name, patch.display_name);
        set(&mut self.state, patch.state);
        set(&mut self.group, patch.group);
        set(&mut self.job_type, patch.job_type);
        set(&mut self.sweep, patch.sweep);
        set(&mut self.user, patch.user);
        set(&mut self.notes, patch.notes);
        set(&mut self.tags, patch.tags);
        set(&mut self.created_unix_ms, patch.created_unix_ms);
        set(&mut self.heartbeat_unix_ms, patch.heartbeat_unix_ms);
        set(&mut self.exit_code, patch.exit_code);
        set(&mut self.config, patch.config);
        set(&mut self.summary, patch.summary);
        set(&mut self.extra, patch.extra);
    }
}
