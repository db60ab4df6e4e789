//! Registries: who holds which alias, how that came to be, and how often each frozen set was looked
//! at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gradus_schema::Decision;
use gradus_schema::decision::FrozenBudget;
use gradus_schema::registry::{AliasEvent, Holder, Look, held};
use gradus_store::{Field, RunRecord};

use super::files::CycleFiles;
use super::{CYCLE_JOB, REGISTRY_JOB, number_of, text_of};
use crate::{Result, Tracker};

/// What happened to the aliases, a line each.
pub const HISTORY: &str = "history.jsonl";

/// The registry of one task folder.
#[derive(Debug, Clone)]
pub struct RegistryView {
    pub run: Arc<RunRecord>,
    pub task: Option<String>,
    /// Alias → who held it, the current holder last.
    pub aliases: BTreeMap<String, Vec<Holder>>,
    /// In the order in which it happened.
    pub history: Vec<AliasEvent>,
    pub frozen_sets: Vec<FrozenSet>,
    /// Folder in the registry → what was decided there, when it was recorded.
    pub decisions: BTreeMap<String, (Decision, i64)>,
    pub problems: Vec<String>,
}

/// How often a frozen set was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct FrozenSet {
    pub data_sha256: String,
    pub looks: Vec<Look>,
    /// What the gates of the last decision on it allow; `None` where none says.
    pub budget: Option<FrozenBudget>,
}

impl Tracker {
    /// The registries of a project; one for each task folder.
    pub fn registries(&self, entity: &str, project: &str) -> Result<Vec<RegistryView>> {
        let runs = self.runs_where(entity, project, Field::JobType, REGISTRY_JOB)?;
        runs.iter().map(|run| self.registry(run)).collect()
    }

    pub fn registry(&self, run: &Arc<RunRecord>) -> Result<RegistryView> {
        let mut files = CycleFiles::new(self, run.number);
        let history: Vec<AliasEvent> = files.lines(HISTORY)?;
        let looks: Vec<Look> = files.lines("looks.jsonl")?;
        let mut decisions = BTreeMap::new();
        for name in files.named("decisions/") {
            let Some(folder) = name.strip_suffix("/decision.json") else {
                continue;
            };
            let at = self.files.get(run.number, &name);
            let at = at.map_or(0, |file| file.updated_unix_ms);
            if let Some(decision) = files.json(&name)? {
                decisions.insert(folder.to_owned(), (decision, at));
            }
        }
        let aliases: BTreeSet<&String> = history.iter().map(|event| &event.alias).collect();
        let aliases = aliases.into_iter();
        let aliases = aliases.map(|alias| (alias.clone(), held(&history, alias)));
        Ok(RegistryView {
            run: run.clone(),
            task: text_of(run, "task"),
            aliases: aliases.collect(),
            frozen_sets: self.frozen_sets(run, looks, &decisions)?,
            history,
            decisions,
            problems: files.problems,
        })
    }

    fn frozen_sets(
        &self,
        run: &RunRecord,
        looks: Vec<Look>,
        decisions: &BTreeMap<String, (Decision, i64)>,
    ) -> Result<Vec<FrozenSet>> {
        let mut by_data: BTreeMap<String, Vec<Look>> = BTreeMap::new();
        for look in looks {
            by_data
                .entry(look.data_sha256.clone())
                .or_default()
                .push(look);
        }
        let mut budgets: Vec<(i64, FrozenBudget)> = Vec::new();
        for (decision, at) in decisions.values() {
            budgets.extend(decision.frozen_budget.clone().map(|budget| (*at, budget)));
        }
        for cycle in self.cycles_of(run)? {
            let name = "decision/decision.json";
            let at = self.files.get(cycle.number, name);
            let mut files = CycleFiles::new(self, cycle.number);
            let decision: Option<Decision> = files.json(name)?;
            let budget = decision.and_then(|decision| decision.frozen_budget);
            let at = at.map_or(0, |file| file.updated_unix_ms);
            budgets.extend(budget.map(|budget| (at, budget)));
        }
        budgets.sort_by_key(|(at, _)| *at);
        let sets = by_data.into_iter().map(|(data_sha256, looks)| {
            let last = budgets.iter().rev();
            let last = { last }.find(|(_, budget)| budget.data_sha256 == data_sha256);
            let budget = last.map(|(_, budget)| {
                FrozenBudget::after(data_sha256.clone(), budget.looks_allowed, looks.len())
            });
            FrozenSet {
                data_sha256,
                looks,
                budget,
            }
        });
        Ok(sets.collect())
    }

    /// Cycles of the task folder that a registry belongs to.
    fn cycles_of(&self, registry: &RunRecord) -> Result<Vec<Arc<RunRecord>>> {
        let key = &registry.key;
        let mut runs = self.runs_where(&key.entity, &key.project, Field::JobType, CYCLE_JOB)?;
        let dir = text_of(registry, "task_dir");
        runs.retain(|run| dir.is_some() && text_of(run, "task_dir") == dir);
        Ok(runs)
    }

    /// The cycle that a holder's decision was made in: `cycles/0002/decision`.
    pub fn cycle_of_decision(
        &self,
        registry: &RunRecord,
        decision: &str,
    ) -> Result<Option<Arc<RunRecord>>> {
        let number = decision.strip_prefix("cycles/");
        let number = number.and_then(|rest| rest.split('/').next()?.parse::<u64>().ok());
        let Some(number) = number else {
            return Ok(None);
        };
        let mut runs = self.cycles_of(registry)?;
        runs.retain(|run| number_of(run) == Some(number));
        // Of several the one that was begun last.
        Ok(runs.into_iter().max_by_key(|run| run.number))
    }
}
