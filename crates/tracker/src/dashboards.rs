//! Dashboards of projects: kept as the YAML that was sent, read anew whenever they are asked for.

use std::sync::Arc;

use gradus_schema::{DashboardFile, UnixMillis};
use gradus_store::{Store, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::accounts::{Caller, check_name};
use crate::projects::Project;
use crate::table::{Table, Transaction};
use crate::{Error, Result, Tracker};

/// Of the dashboard that a project has when it has none of its own.
pub const MONITORING: &str = "monitoring";
const MOST_BYTES: usize = 256 << 10;
const MOST_OF_A_PROJECT: usize = 200;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    pub name: String,
    /// As it was sent.
    pub yaml: String,
    pub user: String,
    pub updated_unix_ms: UnixMillis,
}

/// Dashboards by `PROJECT NUMBER/NAME`.
pub struct Dashboards {
    dashboards: Arc<Table<Dashboard>>,
}

/// What has to be kept under a name for a save to take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Anything,
    Nothing,
    Something,
    /// One of these versions.
    Versions(Vec<String>),
}

impl Expected {
    fn is_met(&self, known: Option<&Dashboard>) -> bool {
        match (self, known) {
            (Self::Anything, _) | (Self::Nothing, None) | (Self::Something, Some(_)) => true,
            (Self::Versions(versions), Some(known)) => versions.contains(&known.version()),
            _ => false,
        }
    }
}

impl Dashboard {
    /// The same for the same text, another for another.
    pub fn version(&self) -> String {
        hex(&Sha256::digest(&self.yaml).into())
    }
}

/// A dashboard and what the runs of its project make of it.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardView {
    pub dashboard: Dashboard,
    pub file: DashboardFile,
    /// Names of metrics that the project's runs have, by name.
    pub metrics: Vec<String>,
    pub warnings: Vec<String>,
    /// Made from the project's metrics, not kept.
    pub is_made: bool,
}

impl Dashboards {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            dashboards: Table::load(store, "dashboard")?,
        })
    }

    /// By name.
    pub fn of_project(&self, project: u64) -> Vec<Arc<Dashboard>> {
        let found = self.dashboards.with_prefix(&format!("{project}/"));
        found.into_iter().map(|(_, dashboard)| dashboard).collect()
    }

    pub fn get(&self, project: u64, name: &str) -> Option<Arc<Dashboard>> {
        self.dashboards.get(&format!("{project}/{name}"))
    }

    pub(crate) fn forget_all(&self, project: u64, transaction: &mut Transaction) {
        for (name, _) in self.dashboards.with_prefix(&format!("{project}/")) {
            transaction.remove(&self.dashboards, name);
        }
    }
}

impl Tracker {
    /// Keeps a dashboard; what had the name before makes way.
    ///
    /// # Errors
    /// YAML that is no dashboard, with its line; another dashboard there than is expected.
    pub fn put_dashboard(
        &self,
        caller: &Caller,
        project: &Project,
        name: &str,
        yaml: &str,
        expected: &Expected,
    ) -> Result<DashboardView> {
        self.accounts.check_write(caller, &project.entity)?;
        check_name("a dashboard's name", name)?;
        if yaml.len() > MOST_BYTES {
            let problem = format!("a dashboard has at most {MOST_BYTES} bytes");
            return Err(Error::input(problem));
        }
        DashboardFile::parse(yaml).map_err(|error| Error::input(error.to_string()))?;
        let dashboard = Dashboard {
            name: name.to_owned(),
            yaml: yaml.to_owned(),
            user: caller.user.name.clone(),
            updated_unix_ms: self.now_unix_ms(),
        };
        {
            let _changing = self.lock();
            let known = self.dashboards.get(project.number, name);
            if !expected.is_met(known.as_deref()) {
                return Err(Error::Precondition(unexpected(known.as_deref())));
            }
            let is_new = known.is_none();
            let count = self.dashboards.of_project(project.number).len();
            if is_new && count >= MOST_OF_A_PROJECT {
                let problem = format!("a project has at most {MOST_OF_A_PROJECT} dashboards");
                return Err(Error::input(problem));
            }
            let key = format!("{}/{name}", project.number);
            let mut transaction = Transaction::default();
            transaction.put(&self.dashboards.dashboards, key, dashboard.clone())?;
            transaction.commit(&self.store)?;
        }
        self.viewed(project, dashboard)
    }

    /// # Errors
    /// No dashboard of that name.
    pub fn remove_dashboard(&self, caller: &Caller, project: &Project, name: &str) -> Result<()> {
        self.accounts.check_write(caller, &project.entity)?;
        let _changing = self.lock();
        if self.dashboards.get(project.number, name).is_none() {
            return Err(self.no_dashboard(project, name));
        }
        let mut transaction = Transaction::default();
        let key = format!("{}/{name}", project.number);
        transaction.remove(&self.dashboards.dashboards, key);
        transaction.commit(&self.store).map(|_| ())
    }

    /// # Errors
    /// No dashboard of that name.
    pub fn dashboard(&self, project: &Project, name: &str) -> Result<DashboardView> {
        if let Some(known) = self.dashboards.get(project.number, name) {
            return self.viewed(project, known.as_ref().clone());
        }
        let made = match name == MONITORING {
            true => self.made_dashboard(project)?,
            false => None,
        };
        made.ok_or_else(|| self.no_dashboard(project, name))
    }

    /// The dashboard of a project that has none of its own, where its runs log keys of the
    /// monitoring design.
    pub fn made_dashboard(&self, project: &Project) -> Result<Option<DashboardView>> {
        if !self.dashboards.of_project(project.number).is_empty() {
            return Ok(None);
        }
        let metrics = self.project_metrics(&project.entity, &project.name)?;
        let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
        let Some(file) = DashboardFile::monitoring(&names) else {
            return Ok(None);
        };
        let dashboard = Dashboard {
            name: MONITORING.to_owned(),
            yaml: file.to_yaml(),
            user: project.user.clone(),
            updated_unix_ms: project.created_unix_ms,
        };
        Ok(Some(DashboardView {
            metrics: metrics.into_keys().collect(),
            file,
            dashboard,
            // Nobody wrote it, so nobody mistyped a name.
            warnings: Vec::new(),
            is_made: true,
        }))
    }

    fn viewed(&self, project: &Project, dashboard: Dashboard) -> Result<DashboardView> {
        let metrics = self.project_metrics(&project.entity, &project.name)?;
        let file = DashboardFile::parse(&dashboard.yaml);
        let file = file.map_err(|error| Error::Document {
            kind: "dashboard",
            name: dashboard.name.clone(),
            problem: error.to_string(),
        })?;
        let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
        Ok(DashboardView {
            warnings: file.warnings(&names),
            metrics: metrics.into_keys().collect(),
            file,
            dashboard,
            is_made: false,
        })
    }

    fn no_dashboard(&self, project: &Project, name: &str) -> Error {
        let known = self.dashboards.of_project(project.number);
        let known = known.iter().map(|dashboard| dashboard.name.as_str());
        let hint = gradus_schema::nearest::did_you_mean(name, known);
        Error::not_found(format!("the project has no dashboard '{name}'{hint}"))
    }
}

fn unexpected(known: Option<&Dashboard>) -> String {
    match known {
        Some(known) => format!(
            "'{}' was saved by {} meanwhile; nothing was kept",
            known.name, known.user
        ),
        None => "the dashboard was removed meanwhile; nothing was kept".to_owned(),
    }
}
