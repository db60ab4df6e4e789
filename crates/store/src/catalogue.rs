//! A SQLite database derived from the state, for finding runs. It follows the log by itself, is
//! waited for by those who ask, and is made anew when it can't be used.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use crate::catalogue_rows::{KeyNumbers, put_run};
use crate::filter::{Filter, Order, Sql, column};
use crate::run::RunNumber;
use crate::shared::Shared;
use crate::{Error, Result};

/// The format that is written. Older ones are made anew, newer ones refused.
pub const CATALOGUE_FORMAT: u16 = 2;

const SCHEMA: &str = "
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY, revision INTEGER NOT NULL,
        entity TEXT NOT NULL, project TEXT NOT NULL, name TEXT NOT NULL,
        display_name TEXT, state TEXT, run_group TEXT, job_type TEXT, sweep TEXT, user TEXT,
        notes TEXT, created INTEGER, heartbeat INTEGER, exit_code INTEGER
    );
    CREATE UNIQUE INDEX runs_by_key ON runs (entity, project, name);
    CREATE INDEX runs_by_creation ON runs (entity, project, created, number);
    CREATE TABLE tags (run INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (run, tag))
        WITHOUT ROWID;
    CREATE TABLE keys (id INTEGER PRIMARY KEY, space INTEGER NOT NULL, name TEXT NOT NULL,
        UNIQUE (space, name));
    CREATE TABLE vals (key INTEGER NOT NULL, run INTEGER NOT NULL, value,
        PRIMARY KEY (key, run)) WITHOUT ROWID;
    CREATE INDEX vals_by_run ON vals (run);
    CREATE TABLE counts (entity TEXT NOT NULL, project TEXT NOT NULL, key INTEGER NOT NULL,
        runs INTEGER NOT NULL, numbers INTEGER NOT NULL, PRIMARY KEY (entity, project, key))
        WITHOUT ROWID;
";

/// A page of runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunQuery {
    pub entity: Option<String>,
    pub project: Option<String>,
    pub filter: Filter,
    /// By creation where empty. Runs without the value come last.
    pub order: Vec<Order>,
    pub offset: u64,
    /// 0 is none.
    pub limit: u64,
}

/// Runs that the catalogue does not know in their present state.
#[derive(Debug, Default)]
pub struct Dirty {
    inner: Mutex<DirtyRuns>,
    work: Condvar,
    idle: Condvar,
}

#[derive(Debug, Default)]
struct DirtyRuns {
    runs: BTreeSet<RunNumber>,
    /// Rounds of work that were begun, and those of them that are over.
    begun: u64,
    over: u64,
    is_stopped: bool,
    /// Why the catalogue is not what it should be.
    problem: Option<String>,
}

impl Dirty {
    fn lock(&self) -> MutexGuard<'_, DirtyRuns> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn mark(&self, run: RunNumber) {
        if self.lock().runs.insert(run) {
            self.work.notify_one();
        }
    }

    pub fn stop(&self) {
        self.lock().is_stopped = true;
        self.work.notify_all();
        self.idle.notify_all();
    }

    /// What there is to do; `None` when the store closes.
    fn take(&self) -> Option<BTreeSet<RunNumber>> {
        let mut inner = self.lock();
        loop {
            if inner.is_stopped {
                return None;
            }
            if !inner.runs.is_empty() {
                inner.begun += 1;
                return Some(std::mem::take(&mut inner.runs));
            }
            inner = self
                .work
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, result: Result<()>) {
        let mut inner = self.lock();
        inner.over = inner.begun;
        if let Err(problem) = result {
            inner.problem = Some(problem.to_string());
        }
        self.idle.notify_all();
    }

    /// Waits until what is to do now is done, however much is added meanwhile. Says what went wrong
    /// since the last time, if anything.
    fn settled(&self) -> Option<String> {
        let mut inner = self.lock();
        // What is marked now is taken by the next round.
        let round = inner.begun + u64::from(!inner.runs.is_empty());
        while !inner.is_stopped && inner.over < round {
            inner = self
                .idle
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
        inner.problem.take()
    }
}

pub struct Catalogue {
    shared: Arc<Shared>,
    writer: Mutex<Filling>,
    readers: Mutex<Vec<Connection>>,
}

struct Filling {
    connection: Connection,
    keys: KeyNumbers,
}

impl Catalogue {
    pub fn open(shared: Arc<Shared>) -> Result<Self> {
        let path = &shared.folders.catalogue;
        let connection = match open(path) {
            Err(Error::Catalogue(_)) => fresh(path)?,
            other => other?,
        };
        let keys = KeyNumbers::new();
        let catalogue = Self {
            shared: shared.clone(),
            writer: Mutex::new(Filling { connection, keys }),
            readers: Mutex::default(),
        };
        if catalogue.mark_differences().is_err() {
            catalogue.rebuild()?;
        }
        Ok(catalogue)
    }

    /// Works off what is marked, until the store closes.
    pub fn keep_up(&self) {
        while let Some(runs) = self.shared.catalogue.take() {
            let result = self.fill(&runs);
            self.shared.catalogue.done(result);
        }
    }

    pub fn query(&self, query: &RunQuery) -> Result<Vec<RunNumber>> {
        let mut sql = Sql::default();
        sql.push("SELECT r.number FROM runs r");
        for (index, order) in query.order.iter().enumerate() {
            if column(&order.field).is_none() {
                sql.push(&format!(
                    " LEFT JOIN vals o{index} ON o{index}.run = r.number AND o{index}.key = "
                ));
                sql.key(&order.field);
            }
        }
        put_where(&mut sql, query);
        sql.push(" ORDER BY ");
        for (index, order) in query.order.iter().enumerate() {
            let value = match column(&order.field) {
                Some(column) => format!("r.{column}"),
                None => format!("o{index}.value"),
            };
            let direction = if order.is_descending { "DESC" } else { "ASC" };
            sql.push(&format!("{value} IS NULL, {value} {direction}, "));
        }
        sql.push("r.created, r.number LIMIT ");
        sql.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
        sql.push(" OFFSET ");
        sql.bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql.text)?;
            let rows = statement.query_map(params_from_iter(&sql.arguments), |row| row.get(0))?;
            rows.map(|number| number.map(i64::cast_unsigned)).collect()
        })
    }

    pub fn count(&self, query: &RunQuery) -> Result<u64> {
        let mut sql = Sql::default();
        sql.push("SELECT count(*) FROM runs r");
        put_where(&mut sql, query);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql.text)?;
            let count: i64 =
                statement.query_row(params_from_iter(&sql.arguments), |row| row.get(0))?;
            Ok(count.cast_unsigned())
        })
    }

    /// Makes the catalogue anew.
    pub fn rebuild(&self) -> Result<()> {
        {
            let mut filling = self.filling();
            self.readers().clear();
            filling.keys.clear();
            // The old file is let go of before it is removed.
            filling.connection = Connection::open_in_memory()?;
            filling.connection = fresh(&self.shared.folders.catalogue)?;
        }
        let runs: BTreeSet<RunNumber> = self.shared.state().runs.keys().copied().collect();
        self.fill(&runs)
    }

    /// What the catalogue says otherwise than the log, in words.
    pub fn differences(&self) -> Result<Vec<String>> {
        self.settle()?;
        let mut found = Vec::new();
        let known = self.known()?;
        let state = self.shared.state();
        for (number, record) in &state.runs {
            match known.get(number) {
                None => found.push(format!("run {} is not in the catalogue", record.key)),
                Some(revision) if *revision != record.revision => {
                    found.push(format!(
                        "run {} is out of date in the catalogue",
                        record.key
                    ));
                }
                Some(_) => {}
            }
        }
        let strangers = known
            .keys()
            .filter(|number| !state.runs.contains_key(number));
        found.extend(strangers.map(|number| format!("the catalogue has a run {number} too many")));
        drop(state);
        let words: Vec<String> = self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        })?;
        found.extend(words.into_iter().filter(|word| word != "ok"));
        Ok(found)
    }

    /// Every row of every table, in order: two catalogues with the same are the same.
    pub fn content(&self) -> Result<Vec<String>> {
        const TABLES: [&str; 4] = [
            "SELECT * FROM runs ORDER BY number",
            "SELECT * FROM tags ORDER BY run, tag",
            "SELECT run, space, name, value FROM vals JOIN keys ON keys.id = vals.key
             ORDER BY run, space, name",
            "SELECT entity, project, space, name, runs, numbers FROM counts
             JOIN keys ON keys.id = counts.key WHERE runs > 0
             ORDER BY entity, project, space, name",
        ];
        let mut content = Vec::new();
        for table in TABLES {
            content.extend(self.read(|connection| {
                let mut statement = connection.prepare(table)?;
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let values = (0..columns).map(|index| row.get::<_, SqlValue>(index));
                    values.collect::<rusqlite::Result<Vec<_>>>()
                })?;
                rows.map(|row| row.map(|row| format!("{row:?}")))
                    .collect::<Result<Vec<_>, _>>()
            })?);
        }
        Ok(content)
    }

    /// A copy as it is now, made while others go on.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        self.settle()?;
        let mut copy = Connection::open(path)?;
        let filling = self.filling();
        let backup = rusqlite::backup::Backup::new(&filling.connection, &mut copy)?;
        // All pages in one step: the catalogue is small beside the rows.
        backup.step(-1)?;
        Ok(())
    }

    fn filling(&self) -> MutexGuard<'_, Filling> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until everything that was acknowledged is in, and repairs what went wrong.
    fn settle(&self) -> Result<()> {
        match self.shared.catalogue.settled() {
            Some(_) => self.rebuild(),
            None => Ok(()),
        }
    }

    pub fn read<T>(&self, work: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.settle()?;
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(&self.shared.folders.catalogue, flags)?
            }
        };
        let found = work(&connection)?;
        self.readers().push(connection);
        Ok(found)
    }

    fn known(&self) -> Result<HashMap<RunNumber, u64>> {
        let filling = self.filling();
        let mut statement = filling
            .connection
            .prepare("SELECT number, revision FROM runs")?;
        let rows = statement.query_map([], |row| {
            let (number, revision): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((number.cast_unsigned(), revision.cast_unsigned()))
        })?;
        Ok(rows.collect::<rusqlite::Result<HashMap<_, _>>>()?)
    }

    fn mark_differences(&self) -> Result<()> {
        let known = self.known()?;
        let state = self.shared.state();
        for (number, record) in &state.runs {
            if known.get(number) != Some(&record.revision) {
                self.shared.catalogue.mark(*number);
            }
        }
        for number in known
            .keys()
            .filter(|number| !state.runs.contains_key(number))
        {
            self.shared.catalogue.mark(*number);
        }
        Ok(())
    }

    fn fill(&self, runs: &BTreeSet<RunNumber>) -> Result<()> {
        let mut filling = self.filling();
        let Filling { connection, keys } = &mut *filling;
        let transaction = connection.transaction()?;
        for number in runs {
            let record = self.shared.state().runs.get(number).cloned();
            let filled = put_run(&transaction, keys, *number, record.as_deref());
            // A key's number may belong to what is now rolled back.
            filled.inspect_err(|_| keys.clear())?;
        }
        Ok(transaction.commit()?)
    }
}

fn put_where(sql: &mut Sql, query: &RunQuery) {
    sql.push(" WHERE ");
    for (name, value) in [("entity", &query.entity), ("project", &query.project)] {
        if let Some(value) = value {
            sql.push(&format!("r.{name} = "));
            sql.bind(value.clone());
            sql.push(" AND ");
        }
    }
    sql.filter(&query.filter);
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    // Derived: what a power failure takes is made anew.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if (1..i64::from(CATALOGUE_FORMAT)).contains(&format) {
        drop(connection);
        return fresh(path);
    }
    if format > i64::from(CATALOGUE_FORMAT) {
        return Err(Error::Newer {
            what: "the catalogue",
            found: u16::try_from(format).unwrap_or(u16::MAX),
            known: CATALOGUE_FORMAT,
            path: path.to_owned(),
        });
    }
    if format == 0 {
        let version = format!("PRAGMA user_version = {CATALOGUE_FORMAT};");
        connection.execute_batch(&format!("BEGIN; {SCHEMA} {version} COMMIT;"))?;
    }
    Ok(connection)
}

/// An empty catalogue in place of what is there.
fn fresh(path: &Path) -> Result<Connection> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Ok(()) => {}
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {}
            Err(problem) => return Err(Error::io("removing", path, problem)),
        }
    }
    open(path)
}
