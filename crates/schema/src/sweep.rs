//! A hyperparameter search: what may be tried, how, and when a run is stopped early.
//!
//! The nouns of `wandb sweep`'s configuration; `wire::sweep` reads them from YAML,
//! `analysis::sweep` searches over them.

mod parameter;

pub use parameter::{Distribution, Parameter, value_identity};

#[derive(Debug, Clone, PartialEq)]
pub struct SweepConfig {
    pub method: Method,
    /// What to optimise; bayes and early stopping have it always.
    pub metric: Option<SweepMetric>,
    /// In the order of the file.
    pub parameters: Vec<(String, Parameter)>,
    pub early_terminate: Option<Hyperband>,
    /// Runs in all.
    pub run_cap: Option<u64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub program: Option<String>,
    pub project: Option<String>,
    pub entity: Option<String>,
    /// How `wandb agent` starts a run; empty for its own way.
    pub command: Vec<String>,
    /// What its author should know, though it keeps nothing from running: `configValidationWarnings`.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Grid,
    Random,
    Bayes,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Random => "random",
            Self::Bayes => "bayes",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct SweepMetric {
    pub name: String,
    pub is_maximized: bool,
    /// A value that ends the sweep when a run reaches it.
    pub target: Option<f64>,
}

/// Early stopping by successive halving. Either `min_iter`, and brackets end at `min_iter * eta^k`,
/// or `max_iter` and `s`, and they end at `max_iter / eta^k` for k from 1 to `s`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hyperband {
    pub min_iter: Option<u64>,
    pub max_iter: Option<u64>,
    pub s: Option<u64>,
    /// More than 1: the best 1/eta go on.
    pub eta: f64,
    /// Judge a run by its value at the bracket's end, not by its best value so far.
    pub is_strict: bool,
}

impl SweepConfig {
    /// A search without metric, limits and texts.
    pub fn new(method: Method, parameters: Vec<(String, Parameter)>) -> Self {
        Self {
            method,
            metric: None,
            parameters,
            early_terminate: None,
            run_cap: None,
            name: None,
            description: None,
            program: None,
            project: None,
            entity: None,
            command: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Combinations of a grid; `None` for other methods, and where they can't be counted.
    pub fn grid_size(&self) -> Option<u64> {
        let sizes = self
            .parameters
            .iter()
            .map(|(_, parameter)| parameter.choices());
        let all: Option<Vec<u64>> = sizes.collect();
        let size = all?.into_iter().fold(1, u64::saturating_mul);
        (self.method == Method::Grid).then_some(size)
    }

    /// Runs that the sweep will have when nobody stops it; `None` for one without an end.
    pub fn expected_runs(&self) -> Option<u64> {
        match (self.grid_size(), self.run_cap) {
            (Some(size), Some(cap)) => Some(size.min(cap)),
            (size, cap) => size.or(cap),
        }
    }
}
