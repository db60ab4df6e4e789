//! Projects: made by the first run that names them.

use std::sync::Arc;

use gradus_schema::UnixMillis;
use gradus_store::Store;
use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, check_name};
use crate::table::{Table, Transaction};
use crate::{Error, Result, Tracker};

/// Where runs go that name no project.
pub const DEFAULT_PROJECT: &str = "uncategorized";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Never used twice.
    pub number: u64,
    pub entity: String,
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub user: String,
    pub created_unix_ms: UnixMillis,
}

pub struct Projects {
    projects: Arc<Table<Project>>,
}

impl Projects {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            projects: Table::load(store, "project")?,
        })
    }

    pub fn get(&self, entity: &str, name: &str) -> Option<Arc<Project>> {
        self.projects.get(&format!("{entity}/{name}"))
    }

    /// Of one entity, newest first.
    pub fn of_entity(&self, entity: &str) -> Vec<Arc<Project>> {
        let found = self.projects.with_prefix(&format!("{entity}/"));
        let mut projects: Vec<_> = found.into_iter().map(|(_, project)| project).collect();
        projects.sort_by_key(|project| std::cmp::Reverse(project.number));
        projects
    }

    pub fn numbered(&self, number: u64) -> Option<Arc<Project>> {
        let projects = self.projects.all().into_iter();
        { projects }.find(|project| project.number == number)
    }

    pub fn all(&self) -> Vec<Arc<Project>> {
        self.projects.all()
    }
}

impl Tracker {
    /// The project, made where it is not there. Says whether it was made.
    pub fn upsert_project(
        &self,
        caller: &Caller,
        entity: Option<&str>,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<(Arc<Project>, bool)> {
        let _changing = self.lock();
        self.upsert_project_locked(caller, entity, name, description)
    }

    pub(crate) fn upsert_project_locked(
        &self,
        caller: &Caller,
        entity: Option<&str>,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<(Arc<Project>, bool)> {
        let entity = self.entity_to_write(caller, entity)?;
        let name = name
            .filter(|name| !name.is_empty())
            .unwrap_or(DEFAULT_PROJECT);
        let known = self.projects.get(&entity, name);
        if let Some(project) = &known
            && description.is_none_or(|text| text == project.description)
        {
            return Ok((project.clone(), false));
        }
        check_name("a project's name", name)?;
        let mut transaction = Transaction::default();
        let project = match &known {
            Some(project) => Project {
                description: description.unwrap_or(&project.description).to_owned(),
                ..project.as_ref().clone()
            },
            None => Project {
                number: self.next_number(&mut transaction, "project")?,
                entity: entity.clone(),
                name: name.to_owned(),
                description: description.unwrap_or_default().to_owned(),
                user: caller.user.name.clone(),
                created_unix_ms: self.now_unix_ms(),
            },
        };
        let key = format!("{entity}/{name}");
        transaction.put(&self.projects.projects, key, project.clone())?;
        transaction.commit(&self.store)?;
        Ok((Arc::new(project), known.is_none()))
    }

    /// The project, where the caller may see it.
    pub fn project(
        &self,
        caller: &Caller,
        entity: Option<&str>,
        name: &str,
    ) -> Option<Arc<Project>> {
        let entity = entity.filter(|name| !name.is_empty());
        let entity = entity.unwrap_or_else(|| caller.user.default_entity());
        let project = self.projects.get(entity, name)?;
        self.accounts.may_read(caller, entity).then_some(project)
    }

    /// Removes a project, all its runs and all its artifacts.
    pub fn remove_project(&self, caller: &Caller, number: u64) -> Result<()> {
        let Some(project) = self.projects.numbered(number) else {
            return Err(Error::not_found(format!("there is no project {number}")));
        };
        self.accounts.check_write(caller, &project.entity)?;
        let query = gradus_store::RunQuery {
            entity: Some(project.entity.clone()),
            project: Some(project.name.clone()),
            limit: u64::MAX,
            ..gradus_store::RunQuery::default()
        };
        for run in self.store.runs(&query)? {
            self.delete_run(caller, run.number)?;
        }
        let _changing = self.lock();
        self.remove_artifacts_of_project(&project.entity, &project.name)?;
        let mut transaction = Transaction::default();
        let key = format!("{}/{}", project.entity, project.name);
        transaction.remove(&self.projects.projects, key);
        self.dashboards.forget_all(number, &mut transaction);
        transaction.commit(&self.store).map(|_| ())
    }
}
