//! `gradus evidence pack | verify | keygen`.

use std::path::Path;

use anyhow::{Context, Result};
use gradus_evidence::{Error, PackOptions, PublicKey, SecretKey, Verification, pack, verify};
use gradus_schema::ExitStatus;
use serde_json::{Value, json};

use super::scorer::Scorer;
use crate::args::evidence::{EvidenceCommand, KeygenArguments, PackArguments, VerifyArguments};
use crate::failure::{bad_input, evidence_invalid};
use crate::files::write_whole;
use crate::gather::gather;
use crate::out::{Out, bytes};

/// Lines of differences shown to people; machines get all.
const MOST_SHOWN: usize = 30;

pub fn run(command: &EvidenceCommand, out: &Out) -> Result<ExitStatus> {
    match command {
        EvidenceCommand::Pack(arguments) => pack_folders(arguments, out)?,
        EvidenceCommand::Verify(arguments) => return verify_file(arguments, out),
        EvidenceCommand::Keygen(arguments) => make_keys(arguments, out)?,
    }
    Ok(ExitStatus::Ok)
}

fn pack_folders(arguments: &PackArguments, out: &Out) -> Result<()> {
    let key = arguments.sign_key.as_deref().map(read_key).transpose()?;
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
        "result_sha256": manifest.result_sha256,
        "run_version": manifest.run_version,
        "files": manifest.files,
        "is_signed": manifest.is_signed,
    }));
    Ok(())
}

fn verify_file(arguments: &VerifyArguments, out: &Out) -> Result<ExitStatus> {
    let key = match &arguments.public_key {
        Some(path) => Some(PublicKey::from_pem(&read_text(path)?).map_err(|e| located(e, path))?),
        None => None,
    };
    let path = &arguments.file;
    let archive = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let found = verify(&archive, key.as_ref(), &Scorer::default())
        .map_err(|error| evidence_invalid(format!("{error}: {}", path.display())))?;
    show(&found, key.is_some(), path, out);
    out.result(&described(&found));
    Ok(if found.is_verified() {
        ExitStatus::Ok
    } else {
        ExitStatus::EvidenceInvalid
    })
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
    let others: Vec<&str> = found
        .made_by
        .iter()
        .map(String::as_str)
        .filter(|version| *version != env!("CARGO_PKG_VERSION"))
        .collect();
    if !found.is_verified() && !others.is_empty() {
        out.say(format!(
            "the figures were made by gradus {}, and this is {}: where scoring changed in between, verify with that version",
            others.join(", "),
            env!("CARGO_PKG_VERSION")
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
    let verdict = if found.is_verified() {
        "verified"
    } else {
        "DOES NOT VERIFY"
    };
    out.say(format!("{verdict}: {}", path.display()));
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

/// Verifies bytes, as `gradus evidence verify --json` shows it; or why they are no evidence.
pub fn verified(archive: &[u8]) -> Result<Value, String> {
    let found = verify(archive, None, &Scorer::default()).map_err(|error| error.to_string())?;
    Ok(described(&found))
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
        "result_sha256": found.result_sha256,
        "run_version": found.run_version,
        "files": found.files,
        "signed_by": found.signer.as_ref().map(PublicKey::id),
        "rows_rescored": found.rows_rescored,
        "figures_recomputed": found.figures_recomputed,
        "differences": differences,
        "problems": found.problems,
        "made_by": found.made_by,
        "not_recomputed": found.not_recomputed,
    })
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

/// The secret key in a PEM file.
pub fn read_key(path: &Path) -> Result<SecretKey> {
    SecretKey::from_pem(&read_text(path)?).map_err(|error| located(error, path))
}

fn located(error: Error, path: &Path) -> anyhow::Error {
    bad_input(format!("{error}: {}", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
