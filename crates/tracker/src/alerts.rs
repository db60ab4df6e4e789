//! Alerts that runs raise.

use std::sync::Arc;

use gradus_schema::UnixMillis;
use gradus_store::{RunNumber, Store};
use serde::{Deserialize, Serialize};

use crate::table::{Table, Transaction};
use crate::{Result, Tracker};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub run: RunNumber,
    pub title: String,
    pub text: String,
    /// `INFO`, `WARN` or `ERROR`.
    pub severity: String,
    pub created_unix_ms: UnixMillis,
}

pub struct Alerts {
    alerts: Arc<Table<Alert>>,
}

impl Alerts {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            alerts: Table::load(store, "alert")?,
        })
    }

    /// In the order in which they were raised.
    pub fn of_run(&self, run: RunNumber) -> Vec<Arc<Alert>> {
        let found = self.alerts.with_prefix(&format!("{run}/"));
        found.into_iter().map(|(_, alert)| alert).collect()
    }

    /// Of all runs, in no order.
    pub fn all(&self) -> Vec<Arc<Alert>> {
        self.alerts.all()
    }

    pub(crate) fn forget_all(&self, run: RunNumber, transaction: &mut Transaction) {
        for (name, _) in self.alerts.with_prefix(&format!("{run}/")) {
            transaction.remove(&self.alerts, name);
        }
    }
}

impl Tracker {
    /// Keeps an alert, unless one with the same title was kept less than `wait_ms` ago. Says whether
    /// it was kept.
    pub fn raise_alert(&self, alert: Alert, wait_ms: i64) -> Result<bool> {
        let _changing = self.lock();
        let earlier = self.alerts.of_run(alert.run);
        let is_repeated = earlier.iter().any(|known| {
            let age = alert.created_unix_ms - known.created_unix_ms;
            known.title == alert.title && (0..wait_ms).contains(&age)
        });
        if is_repeated {
            return Ok(false);
        }
        let mut transaction = Transaction::default();
        let place = self.next_number(&mut transaction, "alert")?;
        transaction.put(
            &self.alerts.alerts,
            format!("{}/{place:012}", alert.run),
            alert,
        )?;
        transaction.commit(&self.store)?;
        Ok(true)
    }
}
