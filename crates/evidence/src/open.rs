//! Opening an evidence file: archive, manifest, signature and hash tree, in this order, before
//! anything inside is believed.

use std::collections::BTreeMap;

use crate::archive::{self, Entry};
use crate::digest::sha256_hex;
use crate::material::Files;
use crate::pack::{
    EVIDENCE_FORMAT, FILES, MANIFEST, MANIFEST_DIGEST, Manifest, SIGNATURE, digest_file,
};
use crate::relative::Original;
use crate::sign::{PublicKey, signer_of};
use crate::{Error, Result};

/// An evidence file whose bytes are those that were packed.
#[derive(Debug)]
pub struct Opened {
    pub manifest: Manifest,
    /// Who signed it, by the key that the signature itself names.
    pub signer: Option<PublicKey>,
    /// What was packed, under its own names.
    pub files: Files,
    /// What evidence added.
    pub derived: Files,
}

impl Opened {
    /// What files were before paths in them were made relative.
    pub fn originals(&self) -> BTreeMap<String, Original> {
        let entries = self.manifest.files.iter();
        entries
            .filter_map(|file| {
                let name = file.path.strip_prefix(FILES)?.strip_prefix('/')?;
                let original = Original {
                    sha256: file.original_sha256.clone()?,
                    json_sha256: file.original_json_sha256.clone(),
                };
                Some((name.to_owned(), original))
            })
            .collect()
    }
}

/// Opens and checks. Memory grows with what the archive really holds, not with its claims.
///
/// # Errors
/// Bytes that are no evidence, or of which any one was changed.
pub fn open(archive: &[u8]) -> Result<Opened> {
    let entries = archive::read(archive)?;
    let (manifest, manifest_bytes, rest) = read_manifest(&entries)?;
    let (signer, rest) = read_signature(&manifest, &manifest_bytes, rest)?;
    if manifest.computed_root() != manifest.root_sha256 {
        return Err(Error::archive(
            "the root hash does not follow from the listed files",
        ));
    }
    if rest.len() != manifest.files.len() {
        return Err(Error::archive(format!(
            "{} files are listed and {} are there",
            manifest.files.len(),
            rest.len()
        )));
    }
    let (mut files, mut derived) = (Files::new(), Files::new());
    let mut total = 0u64;
    for (listed, entry) in manifest.files.iter().zip(rest) {
        if listed.path != entry.name {
            return Err(Error::archive(format!(
                "'{}' stands where '{}' is listed",
                entry.name, listed.path
            )));
        }
        let changed =
            |what: &str| Error::archive(format!("{}: {what} is not the recorded one", entry.name));
        if sha256_hex(&entry.packed) != listed.packed_sha256 {
            return Err(changed("the SHA-256 of its packed bytes"));
        }
        total = total.saturating_add(entry.bytes);
        if total > archive::MOST_BYTES {
            return Err(Error::archive(format!(
                "unpacks to more than {} bytes",
                archive::MOST_BYTES
            )));
        }
        let content = entry.content()?;
        if sha256_hex(&content) != listed.sha256 || content.len() as u64 != listed.bytes {
            return Err(changed("its SHA-256"));
        }
        match entry
            .name
            .strip_prefix(FILES)
            .and_then(|name| name.strip_prefix('/'))
        {
            Some(name) => files.insert(name.to_owned(), content),
            None => derived.insert(entry.name.clone(), content),
        };
    }
    Ok(Opened {
        manifest,
        signer,
        files,
        derived,
    })
}

fn read_manifest(entries: &[Entry]) -> Result<(Manifest, Vec<u8>, &[Entry])> {
    let [manifest, digest, rest @ ..] = entries else {
        return Err(Error::archive("the archive holds no manifest"));
    };
    if manifest.name != MANIFEST || digest.name != MANIFEST_DIGEST {
        return Err(Error::archive(format!(
            "an evidence file begins with {MANIFEST} and {MANIFEST_DIGEST}"
        )));
    }
    let bytes = stored(manifest)?;
    if stored(digest)? != digest_file(&bytes) {
        return Err(Error::archive(format!(
            "{MANIFEST} is not the one that was packed: its SHA-256 differs from {MANIFEST_DIGEST}"
        )));
    }
    let parsed: Manifest = serde_json::from_slice(&bytes)
        .map_err(|error| Error::file(MANIFEST, error.line(), error.to_string()))?;
    if parsed.format_version > EVIDENCE_FORMAT {
        return Err(Error::archive(format!(
            "evidence of format {}, written by a newer gradus ({}); this one reads up to {EVIDENCE_FORMAT}",
            parsed.format_version, parsed.gradus_version
        )));
    }
    if parsed.to_bytes() != bytes {
        return Err(Error::archive(format!(
            "{MANIFEST} is written differently from how gradus writes it"
        )));
    }
    Ok((parsed, bytes, rest))
}

fn read_signature<'a>(
    manifest: &Manifest,
    manifest_bytes: &[u8],
    rest: &'a [Entry],
) -> Result<(Option<PublicKey>, &'a [Entry])> {
    let first = rest.first().filter(|entry| entry.name == SIGNATURE);
    match (manifest.is_signed, first) {
        (false, None) => Ok((None, rest)),
        (true, Some(entry)) => {
            let envelope = stored(entry)?;
            let signer = signer_of(&envelope, MANIFEST, manifest_bytes, &manifest.root_sha256)?;
            Ok((Some(signer), &rest[1..]))
        }
        (true, None) => Err(Error::archive("it was signed, and the signature is gone")),
        (false, Some(_)) => Err(Error::archive("a signature was added to unsigned evidence")),
    }
}

fn stored(entry: &Entry) -> Result<Vec<u8>> {
    if !entry.is_stored() {
        return Err(Error::archive(format!(
            "{} must not be compressed",
            entry.name
        )));
    }
    entry.content()
}
