//! Typed documents of one kind: kept in memory, written through to the store in transactions.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use gradus_store::{Ack, Change, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

#[derive(Debug)]
pub struct Table<T> {
    kind: &'static str,
    rows: RwLock<BTreeMap<String, Arc<T>>>,
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Table<T> {
    pub fn load(store: &Store, kind: &'static str) -> Result<Arc<Self>> {
        let mut rows = BTreeMap::new();
        for (name, content) in store.documents(kind) {
            let row = serde_json::from_str(&content).map_err(|problem| Error::Document {
                kind,
                name: name.clone(),
                problem: problem.to_string(),
            })?;
            rows.insert(name, Arc::new(row));
        }
        let rows = RwLock::new(rows);
        Ok(Arc::new(Self { kind, rows }))
    }

    pub fn get(&self, name: &str) -> Option<Arc<T>> {
        self.read(|rows| rows.get(name).cloned())
    }

    /// Names that begin so, and their rows, in order.
    pub fn with_prefix(&self, prefix: &str) -> Vec<(String, Arc<T>)> {
        self.read(|rows| {
            let from = rows.range(prefix.to_owned()..);
            let found = from.take_while(|(name, _)| name.starts_with(prefix));
            found
                .map(|(name, row)| (name.clone(), row.clone()))
                .collect()
        })
    }

    pub fn all(&self) -> Vec<Arc<T>> {
        self.read(|rows| rows.values().cloned().collect())
    }

    pub fn len(&self) -> usize {
        self.read(BTreeMap::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read<R>(&self, look: impl FnOnce(&BTreeMap<String, Arc<T>>) -> R) -> R {
        look(&self.rows.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, name: String, row: Option<Arc<T>>) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        match row {
            Some(row) => rows.insert(name, row),
            None => rows.remove(&name),
        };
    }
}

/// Changes that are made together: durable first, seen afterwards.
#[derive(Default)]
pub struct Transaction {
    changes: Vec<Change>,
    afterwards: Vec<Box<dyn FnOnce() + Send>>,
}

impl Transaction {
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn put<T>(&mut self, table: &Arc<Table<T>>, name: impl Into<String>, row: T) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let name = name.into();
        let content = serde_json::to_string(&row).map_err(|problem| Error::Document {
            kind: table.kind,
            name: name.clone(),
            problem: problem.to_string(),
        })?;
        self.document(table, name, Some(content), Some(Arc::new(row)));
        Ok(())
    }

    pub fn remove<T>(&mut self, table: &Arc<Table<T>>, name: impl Into<String>)
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        self.document(table, name.into(), None, None);
    }

    fn document<T>(
        &mut self,
        table: &Arc<Table<T>>,
        name: String,
        content: Option<String>,
        row: Option<Arc<T>>,
    ) where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        self.changes.push(Change::Document {
            kind: table.kind.to_owned(),
            name: name.clone(),
            content,
        });
        let table = table.clone();
        self.afterwards.push(Box::new(move || table.set(name, row)));
    }

    /// Done after the changes are durable, in order with the rows.
    pub fn afterwards(&mut self, what: impl FnOnce() + Send + 'static) {
        self.afterwards.push(Box::new(what));
    }

    /// Makes the changes in one request, durable before they are seen.
    pub fn commit(self, store: &Store) -> Result<Ack> {
        if self.changes.is_empty() {
            self.afterwards.into_iter().for_each(|what| what());
            return Ok(Ack::default());
        }
        let ack = store.append(self.changes)?;
        self.afterwards.into_iter().for_each(|what| what());
        Ok(ack)
    }
}
