//! The one error type of this crate: rows that can't be fitted on or parted, searches without end.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("there are no rows to fit on")]
    NoRows,

    /// `row` is the index in the input, from 0.
    #[error("row {row} has {found} values where the first row has {expected}")]
    WidthDiffers {
        row: usize,
        found: usize,
        expected: usize,
    },

    #[error("{inputs} inputs but {targets} targets")]
    CountsDiffer { inputs: usize, targets: usize },

    #[error("value {column} of row {row} is not a finite number")]
    NotFinite { row: usize, column: usize },

    #[error(
        "the row '{0}' is frozen; frozen rows are for measuring and never become training rows"
    )]
    FrozenRow(String),

    #[error(
        "the augmentation spec names the row '{row}', which the training rows lack{hint}; build it from the file with the hash train_sha256"
    )]
    NoSuchRow { row: String, hint: String },

    #[error("the augmentation spec's {field} is {found}; {expected}")]
    BadSpec {
        field: &'static str,
        found: String,
        expected: &'static str,
    },

    #[error(
        "there are {groups} groups of related rows for {roles} roles; every role needs one (give more rows, or a share of 0)"
    )]
    TooFewGroups { groups: usize, roles: usize },

    /// `parameter` is its path, with points between groups.
    #[error(
        "the grid never ends: {parameter} can take any number; give 'values', 'int_uniform' or 'q_uniform', or use method random"
    )]
    EndlessGrid { parameter: String },
}

/// Checks that `targets` is a rectangle of finite numbers beside `inputs` inputs; its width.
pub(crate) fn check_targets(inputs: usize, targets: &[Vec<f64>]) -> Result<usize> {
    if inputs != targets.len() {
        return Err(Error::CountsDiffer {
            inputs,
            targets: targets.len(),
        });
    }
    let expected = targets.first().ok_or(Error::NoRows)?.len();
    for (row, values) in targets.iter().enumerate() {
        if values.len() != expected {
            return Err(Error::WidthDiffers {
                row,
                found: values.len(),
                expected,
            });
        }
        if let Some(column) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::NotFinite { row, column });
        }
    }
    Ok(expected)
}
