//! What changes something. Each may come twice: the client sends again what took too long.

use gradus_store::RunKey;
use gradus_tracker::RunUpsert;
use gradus_tracker::alerts::Alert;
use gradus_tracker::runs::number_in;
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::{
    Outcome, Resolve, Resolved, entity_node, fields, flag, project_node, refused, run_node,
    user_node,
};

impl Resolve<'_> {
    pub fn mutation(&self, field: &str, arguments: &Arguments) -> Outcome {
        let input = arguments.object("input")?.unwrap_or_default();
        match field {
            "upsertBucket" => self.upsert_bucket(&input),
            "rewindRun" => self.rewind_run(&input),
            "deleteRun" => {
                let deletes_artifacts = input.flag("deleteArtifacts")?.unwrap_or(false);
                let id = input.required_text("id")?;
                // One that is gone already is what was asked for.
                if let Ok(record) = self.tracker.run_by_id(self.caller, id) {
                    self.tracker
                        .delete_run_with(self.caller, record.number, deletes_artifacts)
                        .map_err(refused)?;
                }
                let mutation_id = super::text(input.text("clientMutationId")?);
                Ok(fields(
                    "DeleteRunPayload",
                    vec![("clientMutationId", mutation_id)],
                ))
            }
            "stopRun" => {
                let record = self
                    .tracker
                    .run_by_id(self.caller, input.required_text("id")?);
                let number = record.map_err(refused)?.number;
                self.tracker
                    .stop_run(self.caller, number)
                    .map_err(refused)?;
                success()
            }
            "updateRunState" | "updateRun" => {
                let record = self
                    .tracker
                    .run_by_id(self.caller, input.required_text("id")?);
                let number = record.map_err(refused)?.number;
                let state = input.required_text("state")?;
                self.tracker
                    .set_run_state(self.caller, number, state)
                    .map_err(refused)?;
                success()
            }
            "upsertModel" => self.upsert_model(&input),
            "deleteModel" => {
                let id = input.required_text("id")?;
                let number = number_in(id, "Project");
                let number = number.ok_or_else(|| not_found("project", id))?;
                self.tracker
                    .remove_project(self.caller, number)
                    .map_err(refused)?;
                success()
            }
            "createRunFiles" => self.create_run_files(&input),
            // A file counts as uploaded when it has arrived, which is known better here.
            "markRunFilesUploaded" => self.run_named(&input).and_then(|_| success()),
            "deleteFiles" => self.delete_files(&input),
            "notifyScriptableRunAlert" => self.raise_alert(&input),
            "upsertSweep" => self.upsert_sweep(&input),
            "createAgent" => self.create_agent(&input),
            "agentHeartbeat" => self.agent_heartbeat(&input),
            "generateApiKey" => self.generate_api_key(&input),
            "deleteApiKey" => self.delete_api_key(&input),
            "createTeam" => self.create_team(&input),
            "createUser" => self.create_user(&input),
            "createArtifact"
            | "createArtifactManifest"
            | "updateArtifactManifest"
            | "createArtifactFiles"
            | "commitArtifact" => self.artifact_upload(field, &input),
            _ => self.artifact_edit(field, &input),
        }
    }

    fn upsert_bucket(&self, input: &Arguments) -> Outcome {
        let text = |name: &str| -> Result<Option<String>, GraphqlError> {
            Ok(input.text(name)?.map(str::to_owned))
        };
        let tags = input.texts("tags")?;
        let upsert = RunUpsert {
            id: text("id")?,
            name: text("name")?,
            entity: text("entityName")?,
            project: text("modelName")?,
            display_name: text("displayName")?,
            group: text("groupName")?,
            job_type: text("jobType")?,
            sweep: text("sweep")?,
            notes: text("notes")?,
            description: text("description")?,
            tags: tags.map(|tags| tags.into_iter().map(str::to_owned).collect()),
            state: text("state")?,
            config: text("config")?,
            summary: text("summaryMetrics")?,
            program: text("jobProgram")?,
            host: text("host")?,
            commit: text("commit")?,
            repo: text("jobRepo")?,
            ..RunUpsert::default()
        };
        let upserted = self
            .tracker
            .upsert_run(self.caller, upsert, &self.writer)
            .map_err(refused)?;
        let view = self.tracker.store.run_numbered(upserted.number);
        Ok(fields(
            "UpsertBucketPayload",
            vec![
                (
                    "bucket",
                    view.map_or(Resolved::NULL, |view| run_node(view.record)),
                ),
                ("inserted", flag(upserted.is_new)),
            ],
        ))
    }

    fn raise_alert(&self, input: &Arguments) -> Outcome {
        let run = self.run_named(input)?;
        let alert = Alert {
            run,
            title: input.required_text("title")?.to_owned(),
            text: input.text("text")?.unwrap_or_default().to_owned(),
            severity: input.text("severity")?.unwrap_or("INFO").to_owned(),
            created_unix_ms: self.tracker.now_unix_ms(),
        };
        let wait_ms = input.int("waitDuration")?.unwrap_or(60_000);
        let is_kept = self.tracker.raise_alert(alert, wait_ms).map_err(refused)?;
        Ok(fields("AlertPayload", vec![("success", flag(is_kept))]))
    }

    fn rewind_run(&self, input: &Arguments) -> Outcome {
        let entity = input.text("entityName")?.or(input.text("entity")?);
        let entity = entity.filter(|name| !name.is_empty());
        let entity = entity.unwrap_or_else(|| self.caller.user.default_entity());
        let project = input.text("projectName")?.or(input.text("project")?);
        let name = input.required_text("runName")?;
        let key = RunKey::new(entity, project.unwrap_or_default(), name);
        let view = self.tracker.run(self.caller, &key);
        let view = view.ok_or_else(|| not_found("run", &key.to_string()))?;
        let metric = input.text("metricName")?.unwrap_or("_step");
        let value = input.number("metricValue")?;
        let value = value.ok_or_else(|| {
            GraphqlError::bad_input("argument 'metricValue' is missing: the step to go back to")
        })?;
        self.tracker
            .rewind_run(self.caller, &view, metric, value)
            .map_err(refused)?;
        let rewound = self.tracker.run(self.caller, &key);
        let rewound = rewound.map_or(Resolved::NULL, |view| run_node(view.record));
        Ok(fields("RewindRunPayload", vec![("rewoundRun", rewound)]))
    }

    fn upsert_model(&self, input: &Arguments) -> Outcome {
        let (project, is_new) = self
            .tracker
            .upsert_project(
                self.caller,
                input.text("entityName")?,
                input.text("name")?,
                input.text("description")?,
            )
            .map_err(refused)?;
        Ok(fields(
            "UpsertModelPayload",
            vec![
                ("project", project_node(project.clone())),
                ("model", project_node(project)),
                ("inserted", flag(is_new)),
            ],
        ))
    }

    fn generate_api_key(&self, input: &Arguments) -> Outcome {
        self.caller.check_write().map_err(refused)?;
        let description = input.text("description")?.unwrap_or_default();
        let user = &self.caller.user.name;
        let made = self
            .tracker
            .add_key(user, description, false)
            .map_err(refused)?;
        let (kept, key) = made;
        let key = fields(
            "ApiKey",
            vec![
                ("id", Resolved::text(kept.id)),
                // Shown this one time.
                ("name", Resolved::text(key)),
                ("description", Resolved::text(kept.description)),
            ],
        );
        Ok(fields("GenerateApiKeyPayload", vec![("apiKey", key)]))
    }

    fn delete_api_key(&self, input: &Arguments) -> Outcome {
        self.caller.check_write().map_err(refused)?;
        let id = input.required_text("id")?;
        let own = self.tracker.accounts.keys_of(&self.caller.user.name);
        if !own.iter().any(|key| key.id == id) {
            return Err(not_found("API key", id));
        }
        self.tracker.remove_key(id).map_err(refused)?;
        success()
    }

    fn create_team(&self, input: &Arguments) -> Outcome {
        self.caller.check_write().map_err(refused)?;
        let name = input.required_text("teamName")?;
        if self.tracker.accounts.team(name).is_some() {
            let text = format!("there is already a team '{name}'");
            return Err(GraphqlError::new(
                gradus_wire::graphql::GraphqlErrorKind::Conflict,
                text,
            ));
        }
        let member = input.text("teamAdminUserName")?;
        let member = member.unwrap_or(&self.caller.user.name).to_owned();
        let team = self.tracker.put_team(name, vec![member]).map_err(refused)?;
        Ok(fields(
            "CreateTeamPayload",
            vec![("entity", entity_node(&team.name))],
        ))
    }

    fn create_user(&self, input: &Arguments) -> Outcome {
        self.caller.check_admin().map_err(refused)?;
        let email = input.required_text("email")?;
        let name = email.split('@').next().unwrap_or(email);
        let is_admin = input.flag("admin")?.unwrap_or(false);
        let user = self
            .tracker
            .add_user(name, email, is_admin)
            .map_err(refused)?;
        Ok(fields(
            "CreateUserPayload",
            vec![("user", user_node(&user.name))],
        ))
    }
}

pub fn success() -> Outcome {
    Ok(fields("Payload", vec![("success", flag(true))]))
}

pub fn not_found(what: &str, name: &str) -> GraphqlError {
    GraphqlError::not_found(format!("{what} {name} not found"))
}
