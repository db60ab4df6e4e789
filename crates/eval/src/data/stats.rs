//! `data_stats.json`: where every source row went. No clock, no path of this machine.

use std::collections::BTreeMap;

use gradus_analysis::filters::DropReason;
use gradus_schema::data_file::{DataFile, SplitShares};
use serde::{Deserialize, Serialize};

/// Rows listed by id for each reason; counts are always complete.
pub const EXAMPLES: usize = 5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataStats {
    pub format_version: u32,
    pub task: String,
    pub mode: BuildMode,
    pub sources: Vec<SourceStats>,
    /// `source_rows = kept_rows + the sum of dropped`.
    pub source_rows: usize,
    pub dropped: BTreeMap<DropReason, usize>,
    pub dropped_examples: BTreeMap<DropReason, Vec<DroppedExample>>,
    pub conflicts: ConflictStats,
    pub kept_rows: usize,
    /// Rows that the kept ones were expanded to: the sum over the roles.
    pub rows: usize,
    pub groups: GroupStats,
    pub roles: BTreeMap<String, RoleStats>,
    pub shares: SplitShares,
    pub seed: u64,
    /// SHA-256 over the ids of every role: the name of this split.
    pub split_sha256: String,
    /// The settings that were carried out, with every default.
    pub settings: DataFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildMode {
    BuildTrainDevFrozen,
    /// The frozen rows were sealed before: only `train` and `dev` are new.
    RebuildTrainDev,
    /// Source was the task's own train file.
    ResplitFromTrainOnly,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceStats {
    pub file: String,
    pub sha256: String,
    pub rows: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DroppedExample {
    pub id: String,
    pub file: String,
    /// Line or record, from 1.
    pub row: usize,
    pub detail: String,
}

/// Equal texts with different labels among the source rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConflictStats {
    pub texts: usize,
    pub rows: usize,
    pub examples: Vec<ConflictExample>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictExample {
    pub ids: Vec<String>,
    pub labels: usize,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupStats {
    pub n: usize,
    /// Rows of the largest.
    pub largest: usize,
    /// Pairs of rows that were joined because their texts are near-duplicates.
    pub near_duplicate_pairs: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleStats {
    /// Name of the file.
    pub file: String,
    pub sha256: String,
    pub rows: usize,
    pub groups: usize,
    pub by_stratum: BTreeMap<String, usize>,
    /// Whether it was left as it is, being frozen.
    pub sealed: bool,
}
