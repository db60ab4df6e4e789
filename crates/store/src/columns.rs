//! Which keys of configuration and summary the runs of a project have.

use crate::Result;
use crate::catalogue::Catalogue;
use crate::filter::CONFIG;
use crate::store::Store;

/// A key that runs of a project have, nested ones with dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Of the configuration; else of the summary.
    pub is_config: bool,
    pub name: String,
    /// Runs that have it.
    pub runs: u64,
    /// Runs in which it is a finite number or a boolean.
    pub numbers: u64,
}

impl Store {
    /// Configuration first, then summary, each by name. Keys that only hold others are left out.
    pub fn columns(&self, entity: &str, project: &str) -> Result<Vec<ColumnInfo>> {
        let mut columns = self.catalogue.columns(entity, project)?;
        let is_parent = |column: &ColumnInfo, next: Option<&ColumnInfo>| {
            next.is_some_and(|next| {
                let inner = next.name.strip_prefix(column.name.as_str());
                let is_same = next.is_config == column.is_config;
                is_same && inner.is_some_and(|inner| inner.starts_with('.'))
            })
        };
        let parents: Vec<bool> = (0..columns.len())
            .map(|at| columns[at].numbers == 0 && is_parent(&columns[at], columns.get(at + 1)))
            .collect();
        let mut parents = parents.into_iter();
        columns.retain(|_| !parents.next().unwrap_or(false));
        Ok(columns)
    }
}

impl Catalogue {
    fn columns(&self, entity: &str, project: &str) -> Result<Vec<ColumnInfo>> {
        const QUERY: &str = "
            SELECT k.space, k.name, c.runs, c.numbers FROM counts c JOIN keys k ON c.key = k.id
            WHERE c.entity = ?1 AND c.project = ?2 AND c.runs > 0 ORDER BY k.space, k.name";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(QUERY)?;
            let rows = statement.query_map([entity, project], |row| {
                Ok(ColumnInfo {
                    is_config: row.get::<_, i64>(0)? == CONFIG,
                    name: row.get(1)?,
                    runs: row.get::<_, i64>(2)?.cast_unsigned(),
                    numbers: row.get::<_, i64>(3)?.cast_unsigned(),
                })
            })?;
            rows.collect()
        })
    }
}
