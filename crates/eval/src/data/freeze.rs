//! Freezing: the held-out rows under one content hash, and their taint.
//!
//! The manifest lies beside the frozen file and holds hashes only, so it can be given to people
//! who must not see the rows but must not train on them either.

use std::path::{Path, PathBuf};

use gradus_analysis::leakage::fingerprint::Fingerprint;
use gradus_analysis::text::normalised;
use gradus_schema::{Scale, Split};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::settings::DataSettings;
use super::write_whole;
use crate::hash::sha256_hex;
use crate::task::{SplitRows, Task, TaskRow, messages_sha256};
use crate::{Error, Result};

/// The manifest's name, in the folder of the frozen file.
pub const MANIFEST: &str = "frozen.manifest.json";
const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenManifest {
    pub format_version: u32,
    pub task: String,
    /// Name of the frozen file, in the manifest's folder.
    pub file: String,
    pub file_sha256: String,
    /// SHA-256 over the sorted hashes of the rows: the name of this set of rows, whatever their
    /// order.
    pub rows_sha256: String,
    pub prompt_sha256: String,
    pub contract_sha256: String,
    pub scale: Scale,
    pub rows: Vec<FrozenRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenRow {
    pub id: String,
    /// SHA-256 of the row as compact JSON, keys sorted.
    pub row_sha256: String,
    /// SHA-256 of the normalised text.
    pub text_sha256: String,
    /// SHA-256 of the rendered messages, as evaluation reports record it.
    pub prompt_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Recognises the text inside a longer one; absent for short texts.
    #[serde(
        skip_serializing_if = "Option::is_none",
        with = "print_as_text",
        default
    )]
    pub fingerprint: Option<Fingerprint>,
}

/// What freezing found.
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    pub manifest: FrozenManifest,
    pub path: PathBuf,
    /// Whether these rows were frozen before; then nothing was written.
    pub was_frozen: bool,
}

/// Seals the task's frozen rows.
///
/// # Errors
/// A row that can't be used; a manifest of other rows, which is never overwritten.
pub fn freeze(task: &Task, settings: &DataSettings) -> Result<Frozen> {
    let rows = task.rows(Split::Frozen)?;
    let manifest = manifest_of(task, settings, &rows)?;
    let path = manifest_path(&rows.path);
    if let Some(earlier) = read_manifest(&path)? {
        if earlier.rows_sha256 != manifest.rows_sha256 {
            let problem = format!(
                "these rows were frozen as {} ({} rows), but {} now holds {} ({} rows); restore the file, or name new rows by a new file in task.yaml",
                short(&earlier.rows_sha256),
                earlier.rows.len(),
                manifest.file,
                short(&manifest.rows_sha256),
                manifest.rows.len()
            );
            return Err(Error::task(path, problem));
        }
        return Ok(Frozen {
            manifest: earlier,
            path,
            was_frozen: true,
        });
    }
    let mut bytes = serde_json::to_vec_pretty(&manifest).expect("a manifest is plain data");
    bytes.push(b'\n');
    write_whole(&path, &bytes)?;
    Ok(Frozen {
        manifest,
        path,
        was_frozen: false,
    })
}

/// The manifest that freezing these rows would write.
pub fn manifest_of(
    task: &Task,
    settings: &DataSettings,
    rows: &SplitRows,
) -> Result<FrozenManifest> {
    let frozen_rows = rows
        .rows
        .iter()
        .map(|row| frozen_row(task, settings, &rows.path, row))
        .collect::<Result<Vec<FrozenRow>>>()?;
    let mut hashes: Vec<&str> = frozen_rows
        .iter()
        .map(|row| row.row_sha256.as_str())
        .collect();
    hashes.sort_unstable();
    Ok(FrozenManifest {
        format_version: FORMAT_VERSION,
        task: task.file.name.clone(),
        file: rows
            .path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        file_sha256: rows.sha256.clone(),
        rows_sha256: sha256_hex(hashes.join("\n").as_bytes()),
        prompt_sha256: task.prompt_sha256(),
        contract_sha256: task.contract.sha256.clone(),
        scale: task.file.scale,
        rows: frozen_rows,
    })
}

fn frozen_row(
    task: &Task,
    settings: &DataSettings,
    path: &Path,
    row: &TaskRow,
) -> Result<FrozenRow> {
    let refuse = |problem: String| Error::Row {
        path: path.to_owned(),
        row: row.row,
        problem,
    };
    let text = settings.text_of(&row.fields).ok_or_else(|| {
        refuse(
            "the row has no text to recognise it by; name its path as `text` in data.yaml".into(),
        )
    })?;
    let text = normalised(&text);
    Ok(FrozenRow {
        id: row.id.clone(),
        row_sha256: row_sha256(&row.fields),
        text_sha256: sha256_hex(text.as_bytes()),
        prompt_sha256: messages_sha256(&task.messages(row).map_err(refuse)?),
        group: settings.group_of(&row.fields),
        fingerprint: Fingerprint::of(&text),
    })
}

/// SHA-256 of a row as compact JSON with sorted keys, so that the order of keys is no difference.
fn row_sha256(fields: &serde_json::Map<String, Value>) -> String {
    let mut value = Value::Object(fields.clone());
    value.sort_all_objects();
    sha256_hex(value.to_string().as_bytes())
}

/// Where the manifest of a frozen file lies.
pub fn manifest_path(frozen_file: &Path) -> PathBuf {
    frozen_file.with_file_name(MANIFEST)
}

/// `None` where there is no file.
///
/// # Errors
/// A file that is no manifest of this version.
pub fn read_manifest(path: &Path) -> Result<Option<FrozenManifest>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("reading the frozen manifest", path, error)),
    };
    let manifest: FrozenManifest = serde_json::from_slice(&bytes).map_err(|error| {
        let problem = format!(
            "not a manifest of frozen rows ({error}); restore it, or run `gradus data freeze` anew after removing it"
        );
        Error::task(path, problem)
    })?;
    if manifest.format_version != FORMAT_VERSION {
        let problem = format!(
            "a frozen manifest of format {}; this gradus reads format {FORMAT_VERSION}",
            manifest.format_version
        );
        return Err(Error::task(path, problem));
    }
    Ok(Some(manifest))
}

/// The first twelve digits of a hash, for people.
pub fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// `chars-head-whole`, hashes in hex: JSON numbers would lose digits in other programs.
mod print_as_text {
    use super::Fingerprint;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        print: &Option<Fingerprint>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match print {
            None => serializer.serialize_none(),
            Some(print) => serializer.collect_str(&format_args!(
                "{}-{:016x}-{:016x}",
                print.chars, print.head, print.whole
            )),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Fingerprint>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let parts: Vec<&str> = text.split('-').collect();
        let parsed = match parts.as_slice() {
            [chars, head, whole] => (|| {
                Some(Fingerprint {
                    chars: chars.parse().ok().filter(|chars| *chars <= 1 << 24)?,
                    head: u64::from_str_radix(head, 16).ok()?,
                    whole: u64::from_str_radix(whole, 16).ok()?,
                })
            })(),
            _ => None,
        };
        parsed
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no fingerprint")))
    }
}
