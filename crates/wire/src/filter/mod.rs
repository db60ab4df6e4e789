//! Which runs, and in which order: the filters of `Api.runs(filters=…)` in the manner of MongoDB,
//! and its order strings.
//!
//! A run is looked at as JSON: its attributes by their names in [`Attribute`], `config` (plain
//! values or `{"value": …}` around each) and `summary`. Times are ISO 8601 texts of one form, which
//! sort as texts.

mod compare;
mod field;
mod order;
mod parse;

pub use compare::compare_values;
pub use field::{Attribute, RunField};
pub use order::{Order, OrderKey};

use std::cmp::Ordering;

use regex::Regex;

use crate::json::{Json, JsonObject};
use compare::is_equal;

/// A condition on a run.
#[derive(Debug, Clone)]
pub enum Filter {
    /// All of them; of none: every run.
    All(Vec<Filter>),
    /// At least one of them.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Field {
        field: RunField,
        test: Test,
    },
}

/// A condition on one value. A run that lacks it fails all of these but `NotEqual`, `NotIn`,
/// `Exists(false)` and a comparison with null.
#[derive(Debug, Clone)]
pub enum Test {
    Equal(Json),
    NotEqual(Json),
    In(Vec<Json>),
    NotIn(Vec<Json>),
    /// Numbers with numbers, texts with texts; anything else does not compare.
    Compare {
        wanted: Comparison,
        with: Json,
    },
    Exists(bool),
    Matches(Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Filter {
    pub fn matches(&self, run: &JsonObject) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(run)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(run)),
            Self::Not(filter) => !filter.matches(run),
            Self::Field { field, test } => test.matches(field.value(run)),
        }
    }

    /// All fields that it looks at, for a store that wants to prepare them.
    pub fn fields(&self) -> Vec<&RunField> {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().flat_map(Filter::fields).collect()
            }
            Self::Not(filter) => filter.fields(),
            Self::Field { field, .. } => vec![field],
        }
    }
}

impl Test {
    fn matches(&self, value: Option<&Json>) -> bool {
        let value = value.filter(|value| !value.is_null());
        match self {
            Self::Equal(wanted) => is_in(value, std::slice::from_ref(wanted)),
            Self::NotEqual(wanted) => !is_in(value, std::slice::from_ref(wanted)),
            Self::In(wanted) => is_in(value, wanted),
            Self::NotIn(wanted) => !is_in(value, wanted),
            Self::Exists(wanted) => value.is_some() == *wanted,
            Self::Compare { wanted, with } => any_of(value, |value| {
                compare_values(value, with).is_some_and(|order| wanted.accepts(order))
            }),
            Self::Matches(pattern) => any_of(value, |value| {
                value.as_str().is_some_and(|text| pattern.is_match(text))
            }),
        }
    }
}

impl Comparison {
    fn accepts(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Equal to one of them; of a list (tags) one element is enough.
fn is_in(value: Option<&Json>, wanted: &[Json]) -> bool {
    match value {
        None => wanted.iter().any(Json::is_null),
        Some(value) => wanted.iter().any(|wanted| {
            let elements = value.as_array().unwrap_or_default();
            is_equal(value, wanted) || elements.iter().any(|element| is_equal(element, wanted))
        }),
    }
}

fn any_of(value: Option<&Json>, test: impl Fn(&Json) -> bool) -> bool {
    match value {
        None => false,
        Some(Json::Array(elements)) => elements.iter().any(test),
        Some(single) => test(single),
    }
}

#[cfg(test)]
mod filter_tests;
