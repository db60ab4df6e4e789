//! The parameters of a sweep as a flat list, and one value for each as nested parameters again.

use gradus_schema::sweep::Parameter;
use serde_json::Value;

use super::trial::Parameters;
use crate::error::{Error, Result};

pub(super) struct Space<'a> {
    /// Sorted by name at every level, groups in place of their names: the order in which wandb
    /// counts a grid through.
    pub leaves: Vec<Leaf<'a>>,
}

pub(super) struct Leaf<'a> {
    /// The names of its groups, outermost first, and its own.
    pub path: Vec<&'a str>,
    /// Never a group.
    pub parameter: &'a Parameter,
}

impl<'a> Space<'a> {
    pub fn of(parameters: &'a [(String, Parameter)]) -> Self {
        let mut leaves = Vec::new();
        collect(&mut Vec::new(), parameters, &mut leaves);
        Self { leaves }
    }

    pub fn check_countable(&self) -> Result<()> {
        let endless = self
            .leaves
            .iter()
            .find(|leaf| leaf.parameter.choices().is_none());
        match endless {
            Some(leaf) => Err(Error::EndlessGrid {
                parameter: leaf.path.join("."),
            }),
            None => Ok(()),
        }
    }

    /// `values` are as many as leaves.
    pub fn assemble(&self, values: Vec<Value>) -> Parameters {
        let mut all = Parameters::new();
        for (leaf, value) in self.leaves.iter().zip(values) {
            insert(&mut all, &leaf.path, value);
        }
        all
    }
}

impl Leaf<'_> {
    /// Its value among a trial's parameters.
    pub fn find<'v>(&self, parameters: &'v Parameters) -> Option<&'v Value> {
        let (first, rest) = self.path.split_first()?;
        let start = parameters.get(*first)?;
        rest.iter()
            .try_fold(start, |value, name| value.as_object()?.get(*name))
    }
}

fn collect<'a>(
    groups: &mut Vec<&'a str>,
    parameters: &'a [(String, Parameter)],
    leaves: &mut Vec<Leaf<'a>>,
) {
    let mut sorted: Vec<&(String, Parameter)> = parameters.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, parameter) in sorted {
        groups.push(name);
        match parameter {
            Parameter::Nested(inner) => collect(groups, inner, leaves),
            parameter => leaves.push(Leaf {
                path: groups.clone(),
                parameter,
            }),
        }
        groups.pop();
    }
}

fn insert(level: &mut Parameters, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            level.insert((*name).to_owned(), value);
        }
        [group, rest @ ..] => {
            let inner = level
                .entry(*group)
                .or_insert_with(|| Value::Object(Parameters::new()));
            // Two leaves share a path only where a file repeats a name; the first stays.
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
