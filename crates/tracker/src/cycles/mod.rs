//! Improvement cycles: runs that hold a `start.json`, with what each step left; and the registry of
//! aliases that cycles move.

mod files;
mod links;
mod registry;
mod rollback;
mod view;

use std::sync::Arc;

use gradus_schema::plan::{Confrontation, Plan};
use gradus_schema::{Comparison, Cycle, Decision};
use gradus_store::{Comparison as Is, Field, Filter, RunQuery, RunRecord, Scalar};
use gradus_wire::Json;
use gradus_wire::run_config::RunConfig;

use crate::{Result, Tracker};

pub use links::{CyclePart, RowsFinder};
pub use registry::{FrozenSet, RegistryView};
pub use rollback::{RecordedRegistry, WantedRollback, nobody_before};
pub use view::{CycleDetail, CycleStart, StepTime};

/// What the first step of a cycle pins.
pub const START: &str = "start.json";
/// The file that re-derives its own numbers.
pub const EVIDENCE: &str = "evidence.zip";
pub const CYCLE_JOB: &str = "cycle";
pub const REGISTRY_JOB: &str = "registry";

/// What a list shows of a cycle. Steps that it did not reach left nothing.
#[derive(Debug, Clone)]
pub struct CycleLine {
    pub run: Arc<RunRecord>,
    pub number: Option<u64>,
    pub cycle: Option<Cycle>,
    pub plan: Option<Plan>,
    pub comparison: Option<Comparison>,
    pub decision: Option<Decision>,
    pub confrontation: Option<Confrontation>,
    /// Files that are not what they should be, in words.
    pub problems: Vec<String>,
}

impl Tracker {
    /// Cycles of a project, newest first, and how many there are on all pages.
    pub fn cycles(
        &self,
        entity: &str,
        project: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<CycleLine>, usize)> {
        let runs = self.runs_with_file(entity, project, START)?;
        let total = runs.len();
        let page = runs.iter().skip(offset).take(limit);
        let lines = page.map(|run| self.cycle_line(run));
        Ok((lines.collect::<Result<_>>()?, total))
    }

    pub fn cycle_line(&self, run: &Arc<RunRecord>) -> Result<CycleLine> {
        let mut files = files::CycleFiles::new(self, run.number);
        Ok(CycleLine {
            run: run.clone(),
            number: number_of(run),
            cycle: files.cycle()?,
            plan: files.plan()?,
            comparison: files.json("decision/comparison.json")?,
            decision: files.json("decision/decision.json")?,
            confrontation: files.confrontations()?.into_iter().next(),
            problems: files.problems,
        })
    }

    /// Runs of a project with a text in their configuration.
    fn runs_where(
        &self,
        entity: &str,
        project: &str,
        field: Field,
        value: &str,
    ) -> Result<Vec<Arc<RunRecord>>> {
        let query = RunQuery {
            entity: Some(entity.to_owned()),
            project: Some(project.to_owned()),
            filter: Filter::Compare {
                field,
                comparison: Is::Equal,
                value: Scalar::Text(value.to_owned()),
            },
            limit: u64::MAX,
            ..RunQuery::default()
        };
        Ok(self.store.runs(&query)?)
    }
}

/// The number of a cycle.
pub fn number_of(run: &RunRecord) -> Option<u64> {
    u64::try_from(configured(run, "number")?.as_i64()?).ok()
}

/// The run of the cycle that an evaluation or a training belongs to.
pub fn cycle_of(run: &RunRecord) -> Option<String> {
    text_of(run, "cycle_run")
}

/// A text of the configuration.
fn text_of(run: &RunRecord, key: &str) -> Option<String> {
    configured(run, key)?.as_str().map(str::to_owned)
}

fn configured(run: &RunRecord, key: &str) -> Option<Json> {
    let config = RunConfig::decode(run.fields.config.as_deref()?).ok()?;
    config.values().get(key).cloned()
}
