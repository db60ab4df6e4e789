//! `gradus evidence pack | verify | keygen`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_eval::{Task, rederive};
use gradus_evidence::material::Evaluation;
use gradus_evidence::{
    Error, Files, Inside, PackOptions, PublicKey, Recompute, Rederived, SecretKey, Verification,
    pack, verify,
};
use serde_json::{Value, json};

use crate::args::evidence::{EvidenceCommand, KeygenArguments, PackArguments, VerifyArguments};
use crate::failure::{bad_input, evidence_invalid};
use crate::gather::gather;
use crate::out::{Out, bytes};

/// Lines of differences shown to people; machines get all.
const MOST_SHOWN: usize = 30;

pub fn run(command: &EvidenceCommand, out: &Out) -> Result<()> {
    match command {
        EvidenceCommand::Pack(arguments) => pack_folders(arguments, out),
        EvidenceCommand::Verify(arguments) => verify_file(arguments, out),
        EvidenceCommand::Keygen(arguments) => make_keys(arguments, out),
    }
}

fn pack_folders(arguments: &PackArguments, out: &Out) -> Result<()> {
    let key = match &arguments.sign_key {
        Some(path) => Some(SecretKey::from_pem(&read_text(path)?).map_err(|e| located(e, path))?),
        None => None,
    };
    let gathered = gather(&arguments.dirs)?;
    let mut roots = gathered.roots;
    roots.extend(arguments.forget_prefix.iter().cloned());
    let options = PackOptions {
        gradus_version: env!("CARGO_PKG_VERSION"),
        roots: &roots,
        key: key.as_ref(),
    };
    let packed = pack(gathered.files, &options)?;
    write_whole(&arguments.out, &packed.bytes)?;
    let manifest = &packed.manifest;
    out.say(format!(
        "{}: {} files, {}, root {}{}",
        arguments.out.display(),
        manifest.files.len(),
        bytes(packed.bytes.len() as u64),
        &manifest.root_sha256[..16],
        if manifest.is_signed { ", signed" } else { "" },
    ));
    out.result(&json!({
        "out": arguments.out,
        "bytes": packed.bytes.len(),
        "root_sha256": manifest.root_sha256,
        "run_version": manifest.run_version,
        "files": manifest.files,
        "is_signed": manifest.is_signed,
    }));
    Ok(())
}

fn verify_file(arguments: &VerifyArguments, out: &Out) -> Result<()> {
    let key = match &arguments.public_key {
        Some(path) => Some(PublicKey::from_pem(&read_text(path)?).map_err(|e| located(e, path))?),
        None => None,
    };
    let path = &arguments.file;
    let archive = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let found = verify(&archive, key.as_ref(), &Scorer)
        .map_err(|error| evidence_invalid(format!("{error}: {}", path.display())))?;
    show(&found, key.is_some(), path, out);
    if found.is_verified() {
        out.result(&described(&found));
        return Ok(());
    }
    let count = found.differences.len() + found.problems.len();
    out.result(&described(&found));
    Err(evidence_invalid(format!(
        "does not verify, {count} findings: {}",
        path.display()
    )))
}

fn show(found: &Verification, is_pinned: bool, path: &Path, out: &Out) {
    let lines: Vec<String> = found
        .problems
        .iter()
        .cloned()
        .chain(found.differences.iter().map(ToString::to_string))
        .collect();
    for line in lines.iter().take(MOST_SHOWN) {
        out.say(line);
    }
    if lines.len() > MOST_SHOWN {
        out.say(format!(
            "… and {} more (--json shows all)",
            lines.len() - MOST_SHOWN
        ));
    }
    let signature = match &found.signer {
        None => "not signed".to_owned(),
        Some(key) if is_pinned => format!("signed with the given key {}", &key.id()[..16]),
        Some(key) => format!(
            "signed with key {} (whose it is, --public-key checks)",
            &key.id()[..16]
        ),
    };
    if found.is_verified() {
        out.say(format!("verified: {}", path.display()));
    }
    out.say(format!(
        "{} files, root {}; {signature}; {} rows scored again, {} figures recomputed, {} differ",
        found.files,
        &found.root_sha256[..16],
        found.rows_rescored,
        found.figures_recomputed,
        found.differences.len(),
    ));
    for file in &found.not_recomputed {
        out.say(format!("not recomputed by this program: {file}"));
    }
}

fn described(found: &Verification) -> Value {
    let differences: Vec<Value> = found
        .differences
        .iter()
        .map(|difference| {
            json!({
                "file": difference.file,
                "line": (difference.line > 0).then_some(difference.line),
                "figure": difference.figure,
                "recorded": difference.recorded,
                "recomputed": difference.recomputed,
            })
        })
        .collect();
    json!({
        "verified": found.is_verified(),
        "root_sha256": found.root_sha256,
        "run_version": found.run_version,
        "files": found.files,
        "signed_by": found.signer.as_ref().map(PublicKey::id),
        "rows_rescored": found.rows_rescored,
        "figures_recomputed": found.figures_recomputed,
        "differences": differences,
        "problems": found.problems,
        "not_recomputed": found.not_recomputed,
    })
}

/// The scorer of this program, as evaluation uses it.
struct Scorer;

impl Recompute for Scorer {
    fn evaluation(&self, inside: &Inside<'_>, recorded: &Evaluation) -> Result<Rederived, String> {
        let folder = inside
            .material
            .task_of(recorded)
            .ok_or("its task is not inside")?;
        // A task is opened from a folder; this one lives as long as the computation.
        let dir = tempfile::tempdir().map_err(|error| format!("no folder to work in ({error})"))?;
        lay_out(inside.files, &folder.folder, dir.path())?;
        let told = |error: gradus_eval::Error| {
            error
                .to_string()
                .replace(&*dir.path().to_string_lossy(), "task")
        };
        let task = Task::open(dir.path()).map_err(told)?;
        let (report, rows) = rederive(&task, &recorded.report, &recorded.rows).map_err(told)?;
        Ok(Rederived { report, rows })
    }
}

/// Writes the files of one task folder. Their names were checked when the archive was opened.
fn lay_out(files: &Files, folder: &str, dir: &Path) -> Result<(), String> {
    for (name, content) in files {
        let inner = match folder {
            "" => Some(name.as_str()),
            folder => name
                .strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(inner) = inner else { continue };
        // Rows of evaluations are not part of a task, and may be large.
        if inner.ends_with("rows.jsonl") {
            continue;
        }
        let path = dir.join(inner);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, content));
        written.map_err(|error| format!("laying out {inner} failed ({error})"))?;
    }
    Ok(())
}

fn make_keys(arguments: &KeygenArguments, out: &Out) -> Result<()> {
    let secret_path = &arguments.out;
    let public_path = secret_path.with_added_extension("pub");
    for path in [secret_path, &public_path] {
        if path.exists() {
            return Err(bad_input(format!(
                "a key is never overwritten; choose another name: {}",
                path.display()
            )));
        }
    }
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).context("drawing a random key")?;
    let key = SecretKey::from_seed(seed);
    let public = key.public();
    write_whole(&public_path, public.to_pem().as_bytes())?;
    write_secret(secret_path, &key.to_pem())?;
    out.say(format!(
        "secret key, keep it to yourself: {}",
        secret_path.display()
    ));
    out.say(format!(
        "public key {}: {}",
        &public.id()[..16],
        public_path.display()
    ));
    out.result(
        &json!({"secret_key": secret_path, "public_key": public_path, "key_id": public.id()}),
    );
    Ok(())
}

/// Readable by its owner only, from the first moment.
fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .with_context(|| format!("writing {}", path.display()))
}

fn located(error: Error, path: &Path) -> anyhow::Error {
    bad_input(format!("{error}: {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// Writes beside the file and renames, so that the file is always whole.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let context = || format!("writing {}", path.display());
    let aside: PathBuf = path.with_added_extension("writing");
    std::fs::write(&aside, content).with_context(context)?;
    std::fs::rename(&aside, path).with_context(context)
}
