//! What happened lately in all projects that somebody may see: for the first page.

use std::sync::Arc;

use gradus_schema::Decision;
use gradus_schema::registry::AliasEvent;
use gradus_store::{Comparison, Field, Filter, Order, RunQuery, RunRecord, Scalar};

use crate::accounts::Caller;
use crate::alerts::Alert;
use crate::cycles::{CYCLE_JOB, REGISTRY_JOB};
use crate::runs::RUNNING;
use crate::{Result, Tracker};

/// Each list is newest first.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    pub decisions: Vec<Decided>,
    pub moves: Vec<Moved>,
    pub running: Vec<Arc<RunRecord>>,
    pub alerts: Vec<(Arc<RunRecord>, Arc<Alert>)>,
}

/// A decision, and the cycle or the registry that holds it.
#[derive(Debug, Clone)]
pub struct Decided {
    pub run: Arc<RunRecord>,
    pub at_unix_ms: i64,
    pub decision: Decision,
}

/// An alias that was moved.
#[derive(Debug, Clone)]
pub struct Moved {
    pub run: Arc<RunRecord>,
    pub event: AliasEvent,
}

impl Tracker {
    /// At most `limit` of each kind.
    pub fn activity(&self, caller: &Caller, limit: usize) -> Result<Activity> {
        let mut found = Activity::default();
        let projects = self.projects.all().into_iter();
        let readable = projects.filter(|project| self.accounts.may_read(caller, &project.entity));
        for project in readable {
            let (entity, name) = (&project.entity, &project.name);
            self.add_decisions(&mut found, entity, name, limit)?;
            found.running.extend(self.newest(
                entity,
                name,
                Field::State,
                RUNNING,
                Field::CreatedUnixMs,
                limit,
            )?);
        }
        found.alerts = self.readable_alerts(caller);
        let newest = |time: i64| std::cmp::Reverse(time);
        found.decisions.sort_by_key(|it| newest(it.at_unix_ms));
        found
            .moves
            .sort_by_key(|it| std::cmp::Reverse(it.event.at_unix_secs));
        found
            .running
            .sort_by_key(|run| std::cmp::Reverse(run.fields.created_unix_ms));
        found
            .alerts
            .sort_by_key(|(_, alert)| newest(alert.created_unix_ms));
        found.decisions.truncate(limit);
        found.moves.truncate(limit);
        found.running.truncate(limit);
        found.alerts.truncate(limit);
        Ok(found)
    }

    fn add_decisions(
        &self,
        found: &mut Activity,
        entity: &str,
        project: &str,
        limit: usize,
    ) -> Result<()> {
        let lately = Field::HeartbeatUnixMs;
        let name = "decision/decision.json";
        for run in self.newest(
            entity,
            project,
            Field::JobType,
            CYCLE_JOB,
            lately.clone(),
            limit,
        )? {
            let line = self.cycle_line(&run)?;
            let at = self.files.get(run.number, name);
            if let Some(decision) = line.decision {
                found.decisions.push(Decided {
                    run,
                    at_unix_ms: at.map_or(0, |file| file.updated_unix_ms),
                    decision,
                });
            }
        }
        for run in self.newest(entity, project, Field::JobType, REGISTRY_JOB, lately, limit)? {
            let registry = self.registry(&run)?;
            for (decision, at_unix_ms) in registry.decisions.into_values() {
                found.decisions.push(Decided {
                    run: run.clone(),
                    at_unix_ms,
                    decision,
                });
            }
            // Backwards, so that those of one second stay the last first.
            for event in registry.history.into_iter().rev() {
                found.moves.push(Moved {
                    run: run.clone(),
                    event,
                });
            }
        }
        Ok(())
    }

    fn readable_alerts(&self, caller: &Caller) -> Vec<(Arc<RunRecord>, Arc<Alert>)> {
        let alerts = self.alerts.all().into_iter().filter_map(|alert| {
            let run = self.store.run_numbered(alert.run)?.record;
            let may_read = self.accounts.may_read(caller, &run.key.entity);
            may_read.then_some((run, alert))
        });
        alerts.collect()
    }

    /// Runs of a project in which a field is a text, the last by a time first.
    fn newest(
        &self,
        entity: &str,
        project: &str,
        field: Field,
        value: &str,
        by: Field,
        limit: usize,
    ) -> Result<Vec<Arc<RunRecord>>> {
        Ok(self.store.runs(&RunQuery {
            entity: Some(entity.to_owned()),
            project: Some(project.to_owned()),
            filter: Filter::Compare {
                field,
                comparison: Comparison::Equal,
                value: Scalar::Text(value.to_owned()),
            },
            order: vec![Order {
                field: by,
                is_descending: true,
            }],
            offset: 0,
            limit: limit as u64,
        })?)
    }
}
