//! Sweeps and their agents.

use std::collections::HashSet;
use std::sync::Arc;

use gradus_tracker::query::{RunsQuery, time_text};
use gradus_tracker::sweeps::{Agent, Sweep, SweepUpsert, client_id};
use gradus_wire::Json;
use gradus_wire::graphql::{Arguments, GraphqlError, Object};

use super::connection::{Page, whole};
use super::mutation::not_found;
use super::{
    Node, Outcome, Resolve, Resolved, fields, flag, int, project_node, refused, run_node, text,
    user_node,
};

pub fn sweep_node(sweep: Arc<Sweep>) -> Resolved {
    Resolved::Object(Object::new("Sweep", Node::Sweep(sweep)))
}

impl Resolve<'_> {
    pub fn sweep(&self, sweep: &Sweep, field: &str, arguments: &Arguments) -> Outcome {
        let config = || sweep.parsed().map_err(refused);
        Ok(match field {
            "id" => Resolved::text(client_id("Sweep", &sweep.key())),
            "name" => Resolved::text(&sweep.id),
            "displayName" => text(sweep.display_name.as_ref()),
            "description" => text(sweep.description.as_ref()),
            "method" => Resolved::text(config()?.method.name()),
            "state" => Resolved::text(&sweep.state),
            "config" => Resolved::text(&sweep.config),
            "createdAt" => Resolved::text(time_text(sweep.created_unix_ms)),
            "updatedAt" | "heartbeatAt" => Resolved::text(time_text(sweep.updated_unix_ms)),
            "user" => user_node(&sweep.user),
            "project" => {
                let project = self.tracker.projects.get(&sweep.entity, &sweep.project);
                project.map_or(Resolved::NULL, project_node)
            }
            "bestLoss" => {
                let best = self.tracker.best_loss(sweep).map_err(refused)?;
                best.map_or(Resolved::NULL, |best| Resolved::Json(Json::float(best)))
            }
            "runCount" => int(self.tracker.sweeps.trials_of(sweep).len() as u64),
            "runCountExpected" => config()?.expected_runs().map_or(Resolved::NULL, int),
            "earlyStopJobRunning" => flag(false),
            "controller" | "scheduler" | "controllerRunName" => Resolved::NULL,
            "runs" => self.runs_of_sweep(sweep, arguments)?,
            "priorRuns" => {
                let prior = self.tracker.prior_runs(sweep).map_err(refused)?;
                whole("RunConnection", prior.into_iter().map(run_node).collect())
            }
            "agents" => {
                let agents = self.tracker.sweeps.agents_of(sweep);
                let nodes = agents.iter().map(|agent| self.agent(sweep, agent));
                whole("AgentConnection", nodes.collect::<Result<_, _>>()?)
            }
            "agent" => {
                let id = arguments.text("agentName")?.unwrap_or_default();
                match self
                    .tracker
                    .sweeps
                    .agent(id)
                    .filter(|agent| agent.sweep == sweep.key())
                {
                    Some(agent) => self.agent(sweep, &agent)?,
                    None => Resolved::NULL,
                }
            }
            _ => Resolved::Unknown,
        })
    }

    fn runs_of_sweep(&self, sweep: &Sweep, arguments: &Arguments) -> Outcome {
        let filter = Json::object([("sweep", Json::text(&sweep.id))]);
        let order = arguments.text("order")?;
        let query = RunsQuery::parse(&sweep.entity, &sweep.project, Some(&filter), order);
        let page = Page::of(arguments)?;
        let query = query.map_err(refused)?;
        let total = self.tracker.count_runs(&query).map_err(refused)?;
        let found = self
            .tracker
            .runs(&query, page.offset, page.size)
            .map_err(refused)?;
        let nodes = found.into_iter().map(run_node).collect();
        Ok(page.connection("RunConnection", nodes, total, Vec::new()))
    }

    fn agent(&self, sweep: &Sweep, agent: &Agent) -> Outcome {
        let trials = self.tracker.sweeps.trials_of(sweep);
        let own: Vec<_> = trials
            .iter()
            .filter(|trial| trial.agent == agent.id)
            .collect();
        let heard = self.tracker.agent_heard_unix_ms(&agent.id);
        let mut runs = Vec::with_capacity(own.len());
        for trial in &own {
            let key = gradus_store::RunKey::new(&sweep.entity, &sweep.project, &trial.run);
            runs.extend(
                self.tracker
                    .store
                    .run(&key)
                    .map(|view| run_node(view.record)),
            );
        }
        Ok(fields(
            "Agent",
            vec![
                ("id", Resolved::text(&agent.id)),
                ("name", Resolved::text(&agent.id)),
                ("host", Resolved::text(&agent.host)),
                (
                    "state",
                    Resolved::text(if heard.is_some() {
                        "RUNNING"
                    } else {
                        "FINISHED"
                    }),
                ),
                ("totalRuns", int(own.len() as u64)),
                (
                    "createdAt",
                    Resolved::text(time_text(agent.created_unix_ms)),
                ),
                (
                    "heartbeatAt",
                    Resolved::text(time_text(heard.unwrap_or(agent.created_unix_ms))),
                ),
                ("runs", whole("RunConnection", runs)),
            ],
        ))
    }

    pub fn upsert_sweep(&self, input: &Arguments) -> Outcome {
        let text = |name: &str| -> Result<Option<String>, GraphqlError> {
            Ok(input.text(name)?.map(str::to_owned))
        };
        let upsert = SweepUpsert {
            id: text("id")?,
            entity: text("entityName")?,
            project: text("projectName")?,
            config: text("config")?,
            state: text("state")?,
            display_name: text("displayName")?,
            description: text("description")?,
            prior_runs_filters: text("priorRunsFilters")?,
        };
        let (sweep, warnings) = self
            .tracker
            .upsert_sweep(self.caller, upsert)
            .map_err(refused)?;
        let warnings = warnings.into_iter().map(Resolved::text).collect();
        Ok(fields(
            "UpsertSweepPayload",
            vec![
                ("sweep", sweep_node(sweep)),
                ("configValidationWarnings", Resolved::List(warnings)),
            ],
        ))
    }

    pub fn create_agent(&self, input: &Arguments) -> Outcome {
        let entity = input.text("entityName")?.filter(|name| !name.is_empty());
        let entity = entity.unwrap_or_else(|| self.caller.user.default_entity());
        let project = input.text("projectName")?.unwrap_or_default();
        let name = input.required_text("sweep")?;
        let named = self.tracker.sweep(self.caller, entity, project, name);
        let sweep = match named {
            Some(sweep) => sweep,
            None => self
                .tracker
                .sweep_by_id(self.caller, name)
                .map_err(|_| not_found("sweep", name))?,
        };
        let host = input.text("host")?.unwrap_or_default();
        let agent = self
            .tracker
            .create_agent(self.caller, &sweep, host)
            .map_err(refused)?;
        Ok(fields(
            "CreateAgentPayload",
            vec![("agent", self.agent(&sweep, &agent)?)],
        ))
    }

    pub fn agent_heartbeat(&self, input: &Arguments) -> Outcome {
        let id = input.required_text("id")?;
        let running = input.json("runState")?;
        let running = running.as_ref().and_then(Json::as_object);
        let has: HashSet<String> = running
            .into_iter()
            .flatten()
            .filter(|(_, is_there)| is_there.as_bool() != Some(false))
            .map(|(run, _)| run.clone())
            .collect();
        let commands = self
            .tracker
            .agent_heartbeat(self.caller, id, &has)
            .map_err(refused)?;
        let commands: Vec<_> = commands.iter().map(|command| command.to_json()).collect();
        let agent = fields("Agent", vec![("id", Resolved::text(id))]);
        Ok(fields(
            "AgentHeartbeatPayload",
            vec![
                ("agent", agent),
                (
                    "commands",
                    Resolved::text(serde_json::Value::Array(commands).to_string()),
                ),
            ],
        ))
    }
}
