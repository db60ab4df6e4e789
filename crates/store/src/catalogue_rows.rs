//! A run as rows of the catalogue. Only what changed is written: a run that lives changes often, and
//! seldom in more than a few values.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::Value as SqlValue;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::Result;
use crate::filter::{CONFIG, SUMMARY};
use crate::json::{self, Value};
use crate::run::{RunNumber, RunRecord};

/// Nested values deeper than this are one text.
const MAX_DEPTH: usize = 16;
/// Of one run's configuration or summary; further ones can't be filtered by.
const MAX_KEYS: usize = 4096;

/// Numbers of keys by space and name.
pub type KeyNumbers = HashMap<(i64, String), i64>;
/// Values of a run by the numbers of their keys.
type Values = BTreeMap<i64, SqlValue>;

pub fn put_run(
    transaction: &Transaction<'_>,
    keys: &mut KeyNumbers,
    number: RunNumber,
    record: Option<&RunRecord>,
) -> Result<()> {
    let run = number.cast_signed();
    let before = values_before(transaction, run)?;
    let Some(record) = record else {
        let mut select =
            transaction.prepare_cached("SELECT entity, project FROM runs WHERE number = ?1")?;
        let names = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let place: Option<(String, String)> = select.query_row([run], names).optional()?;
        if let Some((entity, project)) = place {
            put_values(
                transaction,
                run,
                (&entity, &project),
                &before,
                &Values::new(),
            )?;
        }
        for table in [
            "DELETE FROM tags WHERE run = ?1",
            "DELETE FROM runs WHERE number = ?1",
        ] {
            transaction.prepare_cached(table)?.execute([run])?;
        }
        return Ok(());
    };
    put_fields(transaction, run, record)?;
    let after = values_of(transaction, keys, record)?;
    let place = (record.key.entity.as_str(), record.key.project.as_str());
    put_values(transaction, run, place, &before, &after)
}

fn put_fields(transaction: &Transaction<'_>, run: i64, record: &RunRecord) -> Result<()> {
    let fields = &record.fields;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO runs VALUES
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            run,
            record.revision.cast_signed(),
            record.key.entity,
            record.key.project,
            record.key.name,
            fields.display_name,
            fields.state,
            fields.group,
            fields.job_type,
            fields.sweep,
            fields.user,
            fields.notes,
            fields.created_unix_ms,
            fields.heartbeat_unix_ms,
            fields.exit_code,
        ])?;
    transaction
        .prepare_cached("DELETE FROM tags WHERE run = ?1")?
        .execute([run])?;
    for tag in fields.tags.iter().flatten() {
        let mut insert =
            transaction.prepare_cached("INSERT OR IGNORE INTO tags VALUES (?1, ?2)")?;
        insert.execute(params![run, tag])?;
    }
    Ok(())
}

fn values_before(transaction: &Transaction<'_>, run: i64) -> Result<Values> {
    let mut select = transaction.prepare_cached("SELECT key, value FROM vals WHERE run = ?1")?;
    let rows = select.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn values_of(
    transaction: &Transaction<'_>,
    keys: &mut KeyNumbers,
    record: &RunRecord,
) -> Result<Values> {
    let fields = &record.fields;
    let mut values = Values::new();
    for (space, text) in [(CONFIG, &fields.config), (SUMMARY, &fields.summary)] {
        let mut found = Vec::new();
        let text = text.as_deref().unwrap_or("{}");
        flatten(text, "", space == CONFIG, 0, &mut found);
        for (name, value) in found {
            values.insert(key_number(transaction, keys, space, name)?, value);
        }
    }
    Ok(values)
}

/// Writes what differs, and counts it for the project.
fn put_values(
    transaction: &Transaction<'_>,
    run: i64,
    (entity, project): (&str, &str),
    before: &Values,
    after: &Values,
) -> Result<()> {
    let is_number = |value: Option<&SqlValue>| {
        i64::from(matches!(
            value,
            Some(SqlValue::Integer(_) | SqlValue::Real(_))
        ))
    };
    let mut count = transaction.prepare_cached(
        "INSERT INTO counts VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
         SET runs = runs + excluded.runs, numbers = numbers + excluded.numbers",
    )?;
    let mut insert =
        transaction.prepare_cached("INSERT OR REPLACE INTO vals VALUES (?1, ?2, ?3)")?;
    let mut remove = transaction.prepare_cached("DELETE FROM vals WHERE key = ?1 AND run = ?2")?;
    for (key, value) in after {
        if before.get(key) != Some(value) {
            insert.execute(params![key, run, value])?;
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(key)) {
        remove.execute(params![key, run])?;
    }
    let all = before
        .keys()
        .chain(after.keys().filter(|key| !before.contains_key(key)));
    for key in all {
        let (old, new) = (before.get(key), after.get(key));
        let runs = i64::from(new.is_some()) - i64::from(old.is_some());
        let numbers = is_number(new) - is_number(old);
        if runs != 0 || numbers != 0 {
            count.execute(params![entity, project, key, runs, numbers])?;
        }
    }
    Ok(())
}

fn key_number(
    transaction: &Transaction<'_>,
    keys: &mut KeyNumbers,
    space: i64,
    name: String,
) -> Result<i64> {
    let key = (space, name);
    if let Some(number) = keys.get(&key) {
        return Ok(*number);
    }
    let mut insert =
        transaction.prepare_cached("INSERT OR IGNORE INTO keys (space, name) VALUES (?1, ?2)")?;
    insert.execute(params![key.0, key.1])?;
    let mut select =
        transaction.prepare_cached("SELECT id FROM keys WHERE space = ?1 AND name = ?2")?;
    let number = select.query_row(params![key.0, key.1], |row| row.get(0))?;
    keys.insert(key, number);
    Ok(number)
}

/// Every value of an object under its path. A value that the client wrapped as `{"value": …}`, with
/// or without a description, stands under the key itself.
fn flatten(
    object: &str,
    prefix: &str,
    has_wrapped: bool,
    depth: usize,
    found: &mut Vec<(String, SqlValue)>,
) {
    let mut members = Vec::new();
    if json::members(object, |key, token| members.push((key, token))).is_err() {
        return;
    }
    for (key, token) in members {
        if found.len() >= MAX_KEYS {
            return;
        }
        let name = format!("{prefix}{}", json::key_name(key));
        let unwrapped = has_wrapped.then(|| wrapped(token)).flatten();
        let token = unwrapped.unwrap_or(token);
        if token.starts_with('{') && depth < MAX_DEPTH {
            found.push((name.clone(), SqlValue::Text(token.to_owned())));
            flatten(token, &format!("{name}."), false, depth + 1, found);
        } else {
            found.push((name, sql_value(token)));
        }
    }
}

fn wrapped(token: &str) -> Option<&str> {
    let (mut value, mut is_only) = (None, true);
    json::members(token, |key, token| match key {
        "value" => value = Some(token),
        "desc" => {}
        _ => is_only = false,
    })
    .ok()?;
    value.filter(|_| is_only)
}

fn sql_value(token: &str) -> SqlValue {
    match Value::from_token(token) {
        Value::I64(value) => SqlValue::Integer(value),
        // SQLite knows no NaN.
        Value::F64(value) if value.is_nan() => SqlValue::Null,
        Value::F64(value) => SqlValue::Real(value),
        Value::U64(value) => SqlValue::Real(value as f64),
        Value::Json(text) => match text.as_ref() {
            "true" => SqlValue::Integer(1),
            "false" => SqlValue::Integer(0),
            "null" => SqlValue::Null,
            text => SqlValue::Text(serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())),
        },
    }
}
