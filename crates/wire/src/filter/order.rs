//! Order strings: `+created_at`, `-summary_metrics.loss`, several with commas.

use std::cmp::Ordering;

use super::compare::compare_values;
use super::field::RunField;
use crate::error::Result;
use crate::json::{Json, JsonObject};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub keys: Vec<OrderKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    pub field: RunField,
    pub is_descending: bool,
}

impl Order {
    /// Nothing asked for is the order in which runs were made.
    ///
    /// # Errors
    /// A name that no run has.
    pub fn parse(text: &str) -> Result<Self> {
        let text = match text.trim() {
            "" => "+created_at",
            text => text,
        };
        let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
        let keys = keys.map(|key| {
            let (is_descending, name) = match key.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, key.strip_prefix('+').unwrap_or(key)),
            };
            let field = RunField::parse(name)?;
            Ok(OrderKey {
                field,
                is_descending,
            })
        });
        let keys = keys.collect::<Result<_>>()?;
        Ok(Self { keys })
    }

    /// The runs in this order; their values are looked up once each. Equal ones stay as they were.
    pub fn sorted<'a>(
        &self,
        runs: impl IntoIterator<Item = &'a JsonObject>,
    ) -> Vec<&'a JsonObject> {
        let values_of = |run: &'a JsonObject| -> Vec<Option<&'a Json>> {
            self.keys.iter().map(|key| key.field.value(run)).collect()
        };
        let mut keyed: Vec<_> = runs.into_iter().map(|run| (values_of(run), run)).collect();
        keyed.sort_by(|(left, _), (right, _)| {
            let pairs = left.iter().zip(right).zip(&self.keys);
            let orders = pairs.map(|((left, right), key)| key.compare(*left, *right));
            orders.fold(Ordering::Equal, Ordering::then)
        });
        keyed.into_iter().map(|(_, run)| run).collect()
    }

    /// Runs without a value (or with NaN) go last in both directions; of different kinds numbers
    /// come first, then texts. Equal runs are for the caller to tell apart, by their ids.
    pub fn compare(&self, left: &JsonObject, right: &JsonObject) -> Ordering {
        let orders = self.keys.iter();
        let orders = orders.map(|key| key.compare(key.field.value(left), key.field.value(right)));
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

impl OrderKey {
    fn compare(&self, left: Option<&Json>, right: Option<&Json>) -> Ordering {
        let (rank_left, rank_right) = (rank(left), rank(right));
        match (rank_left, rank_right) {
            (LAST, LAST) => Ordering::Equal,
            (LAST, _) => Ordering::Greater,
            (_, LAST) => Ordering::Less,
            _ => {
                let values = left.zip(right);
                let same_kind = || values.and_then(|(a, b)| compare_values(a, b));
                let order = rank_left.cmp(&rank_right);
                let order = order.then_with(|| same_kind().unwrap_or(Ordering::Equal));
                match self.is_descending {
                    true => order.reverse(),
                    false => order,
                }
            }
        }
    }
}

const LAST: u8 = 5;

fn rank(value: Option<&Json>) -> u8 {
    match value {
        None | Some(Json::Null) => LAST,
        Some(Json::Number(number)) if number.as_f64().is_nan() => LAST,
        Some(Json::Number(_)) => 0,
        Some(Json::String(_)) => 1,
        Some(Json::Bool(_)) => 2,
        Some(Json::Array(_)) => 3,
        Some(Json::Object(_)) => 4,
    }
}
