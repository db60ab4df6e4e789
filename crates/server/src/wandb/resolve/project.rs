//! Projects, and what is asked of them.

use std::sync::Arc;

use gradus_store::RunKey;
use gradus_tracker::Project;
use gradus_tracker::query::{RunsQuery, time_text};
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::connection::{Page, whole};
use super::sweep::sweep_node;
use super::{
    Outcome, Resolve, Resolved, entity_node, flag, int, project_node, refused, run_node, user_node,
};

impl Resolve<'_> {
    pub fn project_named(&self, arguments: &Arguments) -> Outcome {
        let name = arguments.text("name")?.unwrap_or_default();
        let entity = arguments.text("entityName")?;
        let project = self.tracker.project(self.caller, entity, name);
        Ok(project.map_or(Resolved::NULL, project_node))
    }

    pub fn projects_of(&self, entity: Option<&str>, arguments: &Arguments) -> Outcome {
        let entity = entity.filter(|name| !name.is_empty());
        let entity = entity.unwrap_or_else(|| self.caller.user.default_entity());
        let page = Page::of(arguments)?;
        let projects = match self.tracker.accounts.may_read(self.caller, entity) {
            true => self.tracker.projects.of_entity(entity),
            false => Vec::new(),
        };
        let (projects, total) = page.cut(projects);
        let nodes = projects.into_iter().map(project_node).collect();
        Ok(page.connection("ProjectConnection", nodes, total, Vec::new()))
    }

    pub fn project(&self, project: &Arc<Project>, field: &str, arguments: &Arguments) -> Outcome {
        Ok(match field {
            "id" => Resolved::text(super::run::id("Project", project.number)),
            // A text in every answer about artifacts, and a number nowhere.
            "internalId" => Resolved::text(project.number.to_string()),
            "name" => Resolved::text(&project.name),
            "entityName" => Resolved::text(&project.entity),
            "entity" => entity_node(&project.entity),
            "description" => Resolved::text(&project.description),
            "createdAt" | "updatedAt" => Resolved::text(time_text(project.created_unix_ms)),
            "user" => user_node(&project.user),
            "isBenchmark" => flag(false),
            "readOnly" => {
                let write = self
                    .tracker
                    .accounts
                    .check_write(self.caller, &project.entity);
                flag(write.is_err())
            }
            "access" => Resolved::text("PRIVATE"),
            "views" | "linkedRunQueues" => Resolved::NULL,
            "run" | "bucket" => {
                let name = arguments.text("name")?.unwrap_or_default();
                let key = RunKey::new(&project.entity, &project.name, name);
                let view = self.tracker.run(self.caller, &key);
                view.map_or(Resolved::NULL, |view| run_node(view.record))
            }
            "runs" => self.runs_of(project, arguments)?,
            "runCount" => {
                let query = runs_query(project, arguments)?;
                int(self.tracker.count_runs(&query).map_err(refused)?)
            }
            field if field.starts_with("artifact") => {
                self.project_artifacts(project, field, arguments)?
            }
            "sweep" => {
                let name = arguments.text("sweepName")?.unwrap_or_default();
                let sweep = self
                    .tracker
                    .sweeps
                    .get(&project.entity, &project.name, name);
                sweep.map_or(Resolved::NULL, sweep_node)
            }
            "sweeps" => {
                let page = Page::of(arguments)?;
                let sweeps = self
                    .tracker
                    .sweeps
                    .of_project(&project.entity, &project.name);
                let (sweeps, total) = page.cut(sweeps);
                let nodes = sweeps.into_iter().map(sweep_node).collect();
                page.connection("SweepConnection", nodes, total, Vec::new())
            }
            "totalSweeps" => {
                let sweeps = self
                    .tracker
                    .sweeps
                    .of_project(&project.entity, &project.name);
                int(sweeps.len() as u64)
            }
            "triggers" => whole("TriggerConnection", Vec::new()),
            "members" | "teamMembers" => Resolved::List(Vec::new()),
            _ => Resolved::Unknown,
        })
    }

    fn runs_of(&self, project: &Project, arguments: &Arguments) -> Outcome {
        let query = runs_query(project, arguments)?;
        let page = Page::of(arguments)?;
        // One more says whether more follow, without counting all of them.
        let mut found = self
            .tracker
            .runs(&query, page.offset, page.size.saturating_add(1))
            .map_err(refused)?;
        let total = page.offset + found.len() as u64;
        found.truncate(usize::try_from(page.size).unwrap_or(usize::MAX));
        let nodes = found.into_iter().map(run_node).collect();
        Ok(page.connection("RunConnection", nodes, total, Vec::new()))
    }
}

fn runs_query(project: &Project, arguments: &Arguments) -> Result<RunsQuery, GraphqlError> {
    let filters = arguments.json("filters")?;
    let order = arguments.text("order")?;
    RunsQuery::parse(&project.entity, &project.name, filters.as_ref(), order).map_err(refused)
}
