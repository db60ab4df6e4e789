//! Filter JSON → [`Filter`].

use regex::{Regex, RegexBuilder};

use super::{Comparison, Filter, RunField, Test};
use crate::error::{Error, Result};
use crate::json::{self, Json, JsonObject};
use gradus_schema::nearest::did_you_mean;

const WHAT: &str = "the filter";
/// Conditions of one filter in all.
const CONDITIONS: usize = 10_000;
const DEPTH: usize = 32;
const PATTERN_BYTES: usize = 1 << 20;

const OPERATORS: [&str; 11] = [
    "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$regex", "$not",
];
const COMBINATIONS: [&str; 4] = ["$and", "$or", "$nor", "$not"];

impl Filter {
    /// # Errors
    /// What is no filter, and where; an unknown field or operator is named with the nearest.
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        Self::from_json(&json::parse(WHAT, text)?)
    }

    /// # Errors
    /// As [`Filter::parse`].
    pub fn from_json(filter: &Json) -> Result<Self> {
        let mut parser = Parser {
            conditions_left: CONDITIONS,
            depth_left: DEPTH,
        };
        match filter {
            Json::Null => Ok(Self::All(Vec::new())),
            filter => parser.filter(filter),
        }
    }
}

struct Parser {
    conditions_left: usize,
    depth_left: usize,
}

impl Parser {
    fn filter(&mut self, filter: &Json) -> Result<Filter> {
        let Json::Object(entries) = filter else {
            let problem = format!("an object is wanted, it is {}", filter.kind());
            return Err(Error::field(WHAT, "(top)", problem));
        };
        if self.depth_left == 0 {
            return Err(Error::field(WHAT, "(top)", "it is nested too deeply"));
        }
        self.depth_left -= 1;
        let mut all = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            self.count(key)?;
            all.push(match key.as_str() {
                "$and" => Filter::All(self.filters(key, value)?),
                "$or" => Filter::Any(self.filters(key, value)?),
                "$nor" => Filter::Not(Box::new(Filter::Any(self.filters(key, value)?))),
                "$not" => Filter::Not(Box::new(self.filter(value)?)),
                operator if operator.starts_with('$') => {
                    return Err(unknown_operator(operator, &COMBINATIONS));
                }
                name => self.condition(RunField::parse(name)?, key, value)?,
            });
        }
        self.depth_left += 1;
        Ok(match all.len() {
            1 => all.swap_remove(0),
            _ => Filter::All(all),
        })
    }

    fn filters(&mut self, key: &str, value: &Json) -> Result<Vec<Filter>> {
        let Json::Array(filters) = value else {
            return Err(wrong(key, "a list of filters", value));
        };
        filters.iter().map(|filter| self.filter(filter)).collect()
    }

    /// `value`, or `{"$gt": 1, "$lt": 2}`.
    fn condition(&mut self, field: RunField, key: &str, value: &Json) -> Result<Filter> {
        let operators = match value {
            Json::Object(entries) if entries.keys().any(|key| key.starts_with('$')) => entries,
            value => {
                return Ok(Filter::Field {
                    field,
                    test: Test::Equal(value.clone()),
                });
            }
        };
        let mut all = Vec::with_capacity(operators.len());
        for (operator, operand) in operators {
            self.count(key)?;
            // Read together with `$regex`.
            if operator == "$options" && operators.contains_key("$regex") {
                continue;
            }
            let filter = if operator == "$not" {
                if self.depth_left == 0 {
                    return Err(Error::field(WHAT, key, "it is nested too deeply"));
                }
                self.depth_left -= 1;
                let inner = self.condition(field.clone(), key, operand)?;
                self.depth_left += 1;
                Filter::Not(Box::new(inner))
            } else {
                Filter::Field {
                    field: field.clone(),
                    test: test(key, operator, operand, operators)?,
                }
            };
            all.push(filter);
        }
        Ok(match all.len() {
            1 => all.swap_remove(0),
            _ => Filter::All(all),
        })
    }

    fn count(&mut self, key: &str) -> Result<()> {
        self.conditions_left = self
            .conditions_left
            .checked_sub(1)
            .ok_or_else(|| Error::field(WHAT, key, format!("more than {CONDITIONS} conditions")))?;
        Ok(())
    }
}

fn test(key: &str, operator: &str, operand: &Json, operators: &JsonObject) -> Result<Test> {
    let compare = |wanted| {
        Ok(Test::Compare {
            wanted,
            with: operand.clone(),
        })
    };
    let list = || match operand {
        Json::Array(items) => Ok(items.clone()),
        other => Err(wrong(&format!("{key}.{operator}"), "a list", other)),
    };
    match operator {
        "$eq" => Ok(Test::Equal(operand.clone())),
        "$ne" => Ok(Test::NotEqual(operand.clone())),
        "$gt" => compare(Comparison::Greater),
        "$gte" => compare(Comparison::GreaterOrEqual),
        "$lt" => compare(Comparison::Less),
        "$lte" => compare(Comparison::LessOrEqual),
        "$in" => Ok(Test::In(list()?)),
        "$nin" => Ok(Test::NotIn(list()?)),
        "$exists" => match operand {
            Json::Bool(wanted) => Ok(Test::Exists(*wanted)),
            Json::Number(number) => Ok(Test::Exists(number.as_f64() != 0.0)),
            other => Err(wrong(&format!("{key}.$exists"), "true or false", other)),
        },
        "$regex" => {
            let options = operators.get("$options").and_then(Json::as_str);
            pattern(key, operand, options.unwrap_or_default()).map(Test::Matches)
        }
        unknown => Err(unknown_operator(unknown, &OPERATORS)),
    }
}

fn pattern(key: &str, operand: &Json, options: &str) -> Result<Regex> {
    let place = format!("{key}.$regex");
    let Some(text) = operand.as_str() else {
        return Err(wrong(&place, "a text", operand));
    };
    RegexBuilder::new(text)
        .case_insensitive(options.contains('i'))
        .multi_line(options.contains('m'))
        .dot_matches_new_line(options.contains('s'))
        .size_limit(PATTERN_BYTES)
        .build()
        .map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default();
            Error::field(
                WHAT,
                place,
                format!("'{text}' is no usable pattern: {reason}"),
            )
        })
}

fn unknown_operator(operator: &str, known: &[&str]) -> Error {
    let hint = did_you_mean(operator, known.iter().copied());
    Error::field(WHAT, operator, format!("no such operator{hint}"))
}

fn wrong(place: &str, wanted: &str, found: &Json) -> Error {
    let found = found.kind();
    Error::field(WHAT, place, format!("{wanted} is wanted, {found} is there"))
}
