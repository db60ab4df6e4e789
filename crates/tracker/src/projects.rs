//! Projects: made by the first run that names them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

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

impl Project {
    fn key(&self) -> String {
        format!("{}/{}", self.entity, self.name)
    }
}

pub struct Projects {
    projects: Arc<Table<Project>>,
    /// Of each number; follows the documents.
    keys: Arc<RwLock<HashMap<u64, String>>>,
}

impl Projects {
    pub fn load(store: &Store) -> Result<Self> {
        let projects: Arc<Table<Project>> = Table::load(store, "project")?;
        let keys = projects.all().into_iter();
        let keys = keys.map(|project| (project.number, project.key()));
        Ok(Self {
            keys: Arc::new(RwLock::new(keys.collect())),
            projects,
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
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        self.projects.get(keys.get(&number)?)
    }

    fn put(&self, project: &Project, transaction: &mut Transaction) -> Result<()> {
        transaction.put(&self.projects, project.key(), project.clone())?;
        let (keys, number, key) = (self.keys.clone(), project.number, project.key());
        transaction.afterwards(move || {
            let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.insert(number, key);
        });
        Ok(())
    }

    fn remove(&self, project: &Project, transaction: &mut Transaction) {
        transaction.remove(&self.projects, project.key());
        let (keys, number) = (self.keys.clone(), project.number);
        transaction.afterwards(move || {
            let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
            keys.remove(&number);
        });
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
        self.projects.put(&project, &mut transaction)?;
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

    /// Removes a project with all that it has: runs, artifacts, sweeps, dashboards.
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
        self.projects.remove(&project, &mut transaction);
        self.dashboards.forget_all(number, &mut transaction);
        self.sweeps.forget_all(&project, &mut transaction);
        transaction.commit(&self.store)?;
        self.places.forget(&project.entity, &project.name);
        Ok(())
    }
}
