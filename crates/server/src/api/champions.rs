//! Who is champion, how that came to be, and what the frozen sets have left.

use std::sync::Arc;

use axum::extract::State;
use gradus_schema::decision::FrozenBudget;
use gradus_schema::registry::{AliasEvent, Holder, Look};
use gradus_store::RunRecord;
use gradus_tracker::cycles::{RegistryView, RowsFinder};
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Answer, InPath, ProjectPath, Who, answered};
use super::cycles::LinkedDecision;
use super::references::RunReference;
use super::rollback::{Offers, RollbackOffer};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct ChampionList {
    /// One for each task folder that was recorded into the project.
    pub registries: Vec<RegistryAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryAnswer {
    pub run: RunReference,
    pub task: Option<String>,
    /// By name.
    pub aliases: Vec<AliasAnswer>,
    /// Newest first.
    pub history: Vec<MoveAnswer>,
    pub frozen_sets: Vec<FrozenSetAnswer>,
    /// Of `gradus decide`, newest first; those of cycles are with their cycles.
    pub decisions: Vec<RegistryDecision>,
    /// Files that are not what they should be, in words.
    pub problems: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AliasAnswer {
    pub alias: String,
    /// Null where everything was rolled back.
    pub holder: Option<HolderAnswer>,
    pub since_unix_ms: Option<i64>,
    /// Holders that a rollback leads back to, the next one first.
    pub before: Vec<HolderAnswer>,
    pub rollback: RollbackOffer,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HolderAnswer {
    pub holder: Holder,
    /// The evaluation that it was decided by.
    pub evaluation: Option<RunReference>,
    /// The cycle that promoted it.
    pub cycle: Option<RunReference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MoveAnswer {
    pub event: AliasEvent,
    pub from_evaluation: Option<RunReference>,
    pub to_evaluation: Option<RunReference>,
    /// The cycle in which the new holder was decided on.
    pub cycle: Option<RunReference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FrozenSetAnswer {
    pub data_sha256: String,
    pub looks_used: usize,
    /// By the gates of the last decision on it; null where none says.
    pub budget: Option<FrozenBudget>,
    pub looks: Vec<LookAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LookAnswer {
    pub at_unix_ms: i64,
    pub base: Option<RunReference>,
    pub candidate: Option<RunReference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegistryDecision {
    /// Folder in the registry: `decisions/0001`.
    pub folder: String,
    pub recorded_unix_ms: i64,
    pub decided: LinkedDecision,
}

/// Aliases with their history, and looks at the frozen sets
#[utoipa::path(get, path = "/projects/{entity}/{project}/champions", tag = "cycles",
    params(ProjectPath), responses((status = 200, body = ChampionList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<ChampionList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let finder = app.tracker.rows_finder(&project.entity, &project.name)?;
        let registries = app.tracker.registries(&project.entity, &project.name)?;
        let registries = registries.into_iter().map(|view| {
            let links = Links {
                app,
                finder: &finder,
                registry: view.run.clone(),
            };
            let offers = Offers::of(app, &who, &view.run)?;
            links.registry(view, &offers)
        });
        Ok(ChampionList {
            registries: registries.collect::<Result<_, Refusal>>()?,
        })
    })
    .await
}

/// One registry as it is now.
pub fn registry(app: &App, who: &Who, run: &Arc<RunRecord>) -> Result<RegistryAnswer, Refusal> {
    let links = Links {
        app,
        finder: &app.tracker.rows_finder(&run.key.entity, &run.key.project)?,
        registry: run.clone(),
    };
    links.registry(app.tracker.registry(run)?, &Offers::of(app, who, run)?)
}

/// Finds the runs that a registry speaks of.
struct Links<'a> {
    app: &'a App,
    finder: &'a RowsFinder,
    registry: Arc<RunRecord>,
}

impl Links<'_> {
    fn registry(&self, view: RegistryView, offers: &Offers<'_>) -> Result<RegistryAnswer, Refusal> {
        let since = |alias: &str| {
            let mut moves = view.history.iter().rev();
            let last = moves.find(|event| event.alias == alias);
            last.map(|event| unix_ms(event.at_unix_secs))
        };
        let aliases = view.aliases.iter().map(|(alias, holders)| {
            let rollback = offers.of_alias(alias, holders);
            let mut holders = holders.iter().rev().map(|holder| self.holder(holder));
            Ok(AliasAnswer {
                alias: alias.clone(),
                holder: holders.next().transpose()?,
                since_unix_ms: since(alias),
                before: holders.collect::<Result<_, Refusal>>()?,
                rollback,
            })
        });
        let aliases = aliases.collect::<Result<_, Refusal>>()?;
        let mut decisions: Vec<RegistryDecision> = view
            .decisions
            .into_iter()
            .map(|(folder, (decision, recorded_unix_ms))| RegistryDecision {
                folder,
                recorded_unix_ms,
                decided: LinkedDecision::of(decision, self.finder),
            })
            .collect();
        decisions.reverse();
        let history = view.history.iter().rev().map(|event| self.moved(event));
        Ok(RegistryAnswer {
            run: RunReference::of(&view.run),
            task: view.task,
            aliases,
            history: history.collect::<Result<_, Refusal>>()?,
            frozen_sets: view
                .frozen_sets
                .into_iter()
                .map(|set| FrozenSetAnswer {
                    looks_used: set.looks.len(),
                    looks: set.looks.iter().map(|look| self.look(look)).collect(),
                    data_sha256: set.data_sha256,
                    budget: set.budget,
                })
                .collect(),
            decisions,
            problems: view.problems,
        })
    }

    fn holder(&self, holder: &Holder) -> Result<HolderAnswer, Refusal> {
        Ok(HolderAnswer {
            evaluation: self.evaluation(holder.rows_sha256.as_deref()),
            cycle: self.cycle(holder)?,
            holder: holder.clone(),
        })
    }

    fn moved(&self, event: &AliasEvent) -> Result<MoveAnswer, Refusal> {
        let from = event.from.as_ref();
        Ok(MoveAnswer {
            from_evaluation: from.and_then(|it| self.evaluation(it.rows_sha256.as_deref())),
            to_evaluation: self.evaluation(event.to.rows_sha256.as_deref()),
            cycle: self.cycle(&event.to)?,
            event: event.clone(),
        })
    }

    fn look(&self, look: &Look) -> LookAnswer {
        let [base, candidate] = &look.rows_sha256;
        LookAnswer {
            at_unix_ms: unix_ms(look.at_unix_secs),
            base: self.evaluation(base.as_deref()),
            candidate: self.evaluation(candidate.as_deref()),
        }
    }

    fn evaluation(&self, rows_sha256: Option<&str>) -> Option<RunReference> {
        let run = self.finder.run(rows_sha256?)?;
        Some(RunReference::of(run))
    }

    fn cycle(&self, holder: &Holder) -> Result<Option<RunReference>, Refusal> {
        let tracker = &self.app.tracker;
        let run = tracker.cycle_of_decision(&self.registry, &holder.decision)?;
        Ok(run.map(|run| RunReference::of(&run)))
    }
}

/// Seconds as they stand in a registry, in the API's unit.
pub fn unix_ms(secs: u64) -> i64 {
    i64::try_from(secs).unwrap_or(i64::MAX).saturating_mul(1000)
}
