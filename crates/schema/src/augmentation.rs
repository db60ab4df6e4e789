//! `augmentation_spec.json`: which training rows are repeated and recombined, and from what.
//! It names rows by id and holds every number, so that building from it makes no choices.

use serde::{Deserialize, Serialize};

/// Version of the layout of [`AugmentationSpec`].
pub const AUGMENTATION_FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AugmentationSpec {
    pub format_version: u32,
    pub task: String,
    pub seed: u64,
    /// SHA-256 of the training file that the row ids are of.
    pub train_sha256: String,
    /// Field of a row that holds the request.
    pub text_field: String,
    /// Dotted path of the expected value inside a row.
    pub target: String,
    /// Clusters of failures that it answers.
    pub clusters: Vec<String>,
    /// Fields whose error it is to lower.
    pub focus: Vec<String>,
    /// Training rows to repeat, the nearest neighbours of the failures first.
    pub repeat: Vec<Repeat>,
    pub recombine: Option<Recombine>,
    /// Upper bound of added rows over training rows.
    pub max_share: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub row: String,
    /// Copies to add, 1 or more.
    pub copies: usize,
    /// The failures whose neighbour it is.
    pub because_of: Vec<String>,
}

/// New records out of the parts of existing ones: a part keeps the values that it determined in
/// every row it was seen in. Nothing is made where the data leave a value open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recombine {
    /// Rows to start from; one part of each is exchanged.
    pub seeds: Vec<String>,
    /// Rows to make, at most.
    pub rows: usize,
    /// Rows in which a part must have been seen before its values count as known.
    pub min_support: usize,
}
