//! Packing: files of a finished folder into one evidence file, the same bytes every time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::archive::{self, Entry};
use crate::derive::{derived_files, eval_set, pretty, subject};
use crate::digest::{hex, sha256_hex, tree_root};
use crate::material::{Files, Material};
use crate::refuse::findings_in;
use crate::relative::{Original, make_relative};
use crate::result::result_sha256;
use crate::sign::{SecretKey, sign};
use crate::{Error, Result};

/// Version of the layout of an evidence file.
pub const EVIDENCE_FORMAT: u32 = 1;
pub const MANIFEST: &str = "run_manifest.json";
pub const MANIFEST_DIGEST: &str = "run_manifest.json.sha256";
pub const SIGNATURE: &str = "run_manifest.json.dsse.json";
/// What was packed lies below this folder; what evidence adds lies beside it.
pub const FILES: &str = "files";

/// `run_manifest.json`: what is in the evidence, and its root hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format_version: u32,
    pub gradus_version: String,
    /// Task and the beginning of the root hash.
    pub run_version: String,
    pub command: String,
    /// The model it is about, as it was asked for.
    pub model_id: String,
    /// Task, split and SHA-256 of the rows' file.
    pub dataset: String,
    /// When the model was trained, where that is known. Packing itself leaves no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_path: Option<String>,
    pub is_signed: bool,
    /// Root of the hash tree over `files`.
    pub root_sha256: String,
    /// The same over what was measured and decided, without the times it took.
    pub result_sha256: String,
    /// In order of their names.
    pub files: Vec<FileEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
    /// Of the bytes as they stand in the archive.
    pub packed_sha256: String,
    /// Before paths of the packing machine were made relative; hashes in other files name this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_sha256: Option<String>,
    /// The same of a JSON file without its white space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_json_sha256: Option<String>,
}

impl Manifest {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        pretty(&json!(self))
    }

    pub(crate) fn computed_root(&self) -> String {
        let leaves = self
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.sha256.as_str()));
        hex(&tree_root(leaves))
    }
}

pub struct PackOptions<'a> {
    pub gradus_version: &'a str,
    /// Absolute paths that are made relative where they stand in a packed file.
    pub roots: &'a [String],
    pub key: Option<&'a SecretKey>,
}

/// A finished evidence file.
#[derive(Debug, Clone)]
pub struct Packed {
    pub bytes: Vec<u8>,
    pub manifest: Manifest,
}

/// Packs files: first what keeps them out, then what they derive to, then the archive.
///
/// # Errors
/// [`Error::Refused`] with every finding; [`Error::Incomplete`] where nothing could be re-derived;
/// files that can't be read as what they are.
pub fn pack(mut files: Files, options: &PackOptions<'_>) -> Result<Packed> {
    let originals = make_relative(&mut files, options.roots);
    let findings: Vec<_> = files
        .iter()
        .flat_map(|(name, bytes)| findings_in(name, bytes))
        .collect();
    if !findings.is_empty() {
        return Err(Error::Refused(findings));
    }
    let material = Material::read(&files)?.with_originals(&originals);
    let complaints = missing(&material);
    if !complaints.is_empty() {
        return Err(Error::Incomplete(complaints.join("; ")));
    }

    let result = result_sha256(&files, &originals);
    let mut contents: BTreeMap<String, (Vec<u8>, Option<Original>)> = derived_files(&material)
        .into_iter()
        .map(|(name, bytes)| (name, (bytes, None)))
        .collect();
    for (name, bytes) in files {
        let original = originals.get(&name).cloned();
        contents.insert(format!("{FILES}/{name}"), (bytes, original));
    }
    let mut entries = Vec::new();
    let mut listed = Vec::new();
    for (path, (bytes, original)) in &contents {
        let entry = Entry::deflated(path, bytes);
        listed.push(FileEntry {
            path: path.clone(),
            bytes: entry.bytes,
            sha256: sha256_hex(bytes),
            packed_sha256: sha256_hex(&entry.packed),
            original_sha256: original.as_ref().map(|original| original.sha256.clone()),
            original_json_sha256: original
                .as_ref()
                .and_then(|original| original.json_sha256.clone()),
        });
        entries.push(entry);
    }
    let manifest = manifest(&material, listed, result, options)?;
    let manifest_bytes = manifest.to_bytes();
    let mut all = vec![
        Entry::stored(MANIFEST, &manifest_bytes),
        Entry::stored(MANIFEST_DIGEST, &digest_file(&manifest_bytes)),
    ];
    if let Some(key) = options.key {
        let envelope = sign(MANIFEST, &manifest_bytes, &manifest.root_sha256, key);
        all.push(Entry::stored(SIGNATURE, &envelope));
    }
    all.extend(entries);
    Ok(Packed {
        bytes: archive::write(&all)?,
        manifest,
    })
}

/// As `sha256sum` writes it.
pub(crate) fn digest_file(manifest: &[u8]) -> Vec<u8> {
    format!("{}  {MANIFEST}\n", sha256_hex(manifest)).into_bytes()
}

/// What has to be there for any number to be derived again.
pub(crate) fn missing(material: &Material) -> Vec<String> {
    if material.evaluations.is_empty() {
        return vec![
            "no evaluation with its rows (rows.jsonl beside eval_summary.json): there is nothing to re-derive a number from; pack a folder that `gradus eval` wrote"
                .to_owned(),
        ];
    }
    let mut complaints = Vec::new();
    for evaluation in &material.evaluations {
        let folder = &evaluation.folder;
        if material.task_of(evaluation).is_none() {
            complaints.push(format!(
                "the task of the evaluation in '{folder}' is missing (no task.yaml with its hash): add the task's folder"
            ));
        }
    }
    complaints
}

fn manifest(
    material: &Material,
    files: Vec<FileEntry>,
    result_sha256: String,
    options: &PackOptions<'_>,
) -> Result<Manifest> {
    let evaluation = subject(material)
        .ok_or_else(|| Error::Incomplete("no evaluation with its rows".to_owned()))?;
    let report = &evaluation.report;
    let adapter = report.answered_by.adapter_sha256.as_deref();
    let training = material
        .trainings
        .iter()
        .find(|training| adapter.is_some() && training.adapter_sha256() == adapter);
    let said = |key: &str| training.and_then(|t| t.manifest[key].as_str());
    let mut manifest = Manifest {
        format_version: EVIDENCE_FORMAT,
        gradus_version: options.gradus_version.to_owned(),
        run_version: String::new(),
        command: "gradus evidence pack".to_owned(),
        model_id: report.model.clone(),
        dataset: eval_set(report),
        timestamp: said("timestamp").map(str::to_owned),
        config_path: training
            .zip(said("config_path"))
            .map(|(training, path)| crate::material::join(&training.folder, path)),
        is_signed: options.key.is_some(),
        root_sha256: String::new(),
        result_sha256,
        files,
    };
    manifest.root_sha256 = manifest.computed_root();
    manifest.run_version = format!("{}-{}", report.task, &manifest.root_sha256[..12]);
    Ok(manifest)
}

#[cfg(test)]
#[path = "pack_tests.rs"]
pub(crate) mod tests;
