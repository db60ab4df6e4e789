//! Artifact manifests: what a version holds, its digest, and how an incremental one builds on
//! another.
//!
//! The server returns the manifest's bytes as they came, for the client computes the digest again;
//! this reads them to list, check and merge.

use indexmap::IndexMap;
use md5::{Digest, Md5};

use crate::error::{Error, Result};
use crate::json::{self, Json, JsonObject};

const WHAT: &str = "the artifact manifest";

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Manifest {
    pub version: i64,
    pub storage_policy: String,
    pub storage_policy_config: JsonObject,
    /// By path, in the order of the file.
    pub contents: IndexMap<String, ManifestEntry>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ManifestEntry {
    /// Base64 MD5 of the content; for a reference whatever names its state (an ETag, the URI).
    pub digest: String,
    pub size: Option<u64>,
    /// The artifact that first held the content.
    pub birth_artifact_id: Option<String>,
    /// The URI of content that lies elsewhere.
    pub reference: Option<String>,
    pub extra: JsonObject,
    /// Of the machine that logged it; never of this one.
    pub local_path: Option<String>,
    /// Fields of newer clients, written back as they came.
    pub others: JsonObject,
}

impl Manifest {
    /// # Errors
    /// Bytes that are no manifest; an entry without a digest, or with a path that leads out of the
    /// artifact.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let Json::Object(mut fields) = json::parse_bytes(WHAT, bytes)? else {
            return Err(Error::field(WHAT, "(top)", "an object is wanted"));
        };
        let version = fields.get("version").and_then(Json::as_i64).unwrap_or(1);
        if version != 1 {
            let problem = format!("version {version} is not known, 1 is");
            return Err(Error::field(WHAT, "version", problem));
        }
        let policy = fields.get("storagePolicy").and_then(Json::as_str);
        let policy = policy.unwrap_or_default().to_owned();
        let contents = match fields.shift_remove("contents") {
            None | Some(Json::Null) => JsonObject::new(),
            Some(Json::Object(contents)) => contents,
            Some(other) => {
                let problem = format!("an object is wanted, it is {}", other.kind());
                return Err(Error::field(WHAT, "contents", problem));
            }
        };
        Ok(Self {
            version,
            storage_policy: policy,
            storage_policy_config: object(fields.shift_remove("storagePolicyConfig")),
            contents: contents
                .into_iter()
                .map(|(path, entry)| {
                    check_path(&path)?;
                    let entry = ManifestEntry::from_json(&path, entry)?;
                    Ok::<_, Error>((path, entry))
                })
                .collect::<Result<_>>()?,
        })
    }

    /// The digest of the version, hexadecimal: MD5 over a first line and `path:digest` lines in
    /// the order of the paths.
    pub fn digest(&self) -> String {
        let mut paths: Vec<_> = self.contents.iter().collect();
        paths.sort_unstable_by_key(|(path, _)| *path);
        let mut hasher = Md5::new();
        hasher.update(b"wandb-artifact-manifest-v1\n");
        for (path, entry) in paths {
            hasher.update(path.as_bytes());
            hasher.update(b":");
            hasher.update(entry.digest.as_bytes());
            hasher.update(b"\n");
        }
        let bytes = hasher.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An incremental manifest holds only what is new: the base with these entries put over it.
    pub fn onto(mut self, base: &Manifest) -> Manifest {
        let mut contents = base.contents.clone();
        contents.extend(std::mem::take(&mut self.contents));
        Manifest { contents, ..self }
    }

    /// Bytes of content in all; entries without a size count nothing.
    pub fn size_bytes(&self) -> u64 {
        let sizes = self.contents.values().filter_map(|entry| entry.size);
        sizes.fold(0, u64::saturating_add)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let contents = self.contents.iter();
        let contents = contents.map(|(path, entry)| (path.clone(), entry.to_json()));
        let manifest = Json::object([
            ("version", Json::int(self.version)),
            ("storagePolicy", Json::text(&self.storage_policy)),
            (
                "storagePolicyConfig",
                Json::Object(self.storage_policy_config.clone()),
            ),
            ("contents", Json::Object(contents.collect())),
        ]);
        manifest.to_strict().into_bytes()
    }
}

impl ManifestEntry {
    fn from_json(path: &str, entry: Json) -> Result<Self> {
        let wrong = |problem: &str| Error::field(WHAT, format!("contents.{path}"), problem);
        let Json::Object(mut fields) = entry else {
            return Err(wrong("an object is wanted"));
        };
        let mut text = |key: &str| match fields.shift_remove(key) {
            Some(Json::String(text)) => Ok(Some(text)),
            None | Some(Json::Null) => Ok(None),
            Some(_) => Err(wrong(&format!("{key}: a string is wanted"))),
        };
        let digest = text("digest")?.ok_or_else(|| wrong("digest: it is missing"))?;
        if digest.contains('\n') {
            return Err(wrong("digest: it holds a line break"));
        }
        let birth_artifact_id = text("birthArtifactID")?;
        let reference = text("ref")?;
        let local_path = text("local_path")?;
        let size = match fields.shift_remove("size") {
            None | Some(Json::Null) => None,
            Some(size) => {
                let size = size.as_i64().and_then(|size| u64::try_from(size).ok());
                Some(size.ok_or_else(|| wrong("size: a number of bytes is wanted"))?)
            }
        };
        Ok(Self {
            digest,
            size,
            birth_artifact_id,
            reference,
            local_path,
            extra: object(fields.shift_remove("extra")),
            others: fields,
        })
    }

    fn to_json(&self) -> Json {
        let mut fields = JsonObject::new();
        fields.insert("digest".into(), Json::text(&self.digest));
        let mut text = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                fields.insert(key.into(), Json::text(value));
            }
        };
        text("birthArtifactID", &self.birth_artifact_id);
        text("ref", &self.reference);
        text("local_path", &self.local_path);
        if let Some(size) = self.size.and_then(|size| i64::try_from(size).ok()) {
            fields.insert("size".into(), Json::int(size));
        }
        if !self.extra.is_empty() {
            fields.insert("extra".into(), Json::Object(self.extra.clone()));
        }
        fields.extend(self.others.clone());
        Json::Object(fields)
    }
}

fn object(value: Option<Json>) -> JsonObject {
    match value {
        Some(Json::Object(entries)) => entries,
        _ => JsonObject::new(),
    }
}

/// Paths become files when somebody downloads.
fn check_path(path: &str) -> Result<()> {
    let is_drive = matches!(
        path.as_bytes(),
        [b'A'..=b'Z' | b'a'..=b'z', b':', b'/' | b'\\', ..]
    );
    let is_absolute = is_drive || path.starts_with(['/', '\\']);
    let leads_out = path.split(['/', '\\']).any(|part| part == "..");
    let problem = match path {
        "" => "an entry has an empty path",
        _ if path.contains(['\0', '\n']) => "the path holds a character that no path may have",
        _ if is_absolute => "the path is absolute",
        _ if leads_out => "the path leads out of the artifact",
        _ => return Ok(()),
    };
    Err(Error::field(WHAT, format!("contents.{path}"), problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAMPLE: &str = r#"{"version":1,"storagePolicy":"wandb-storage-policy-v1","storagePolicyConfig":{"storageLayout":"V2"},"contents":{"model/weights.bin":{"digest":"kAFQmDzST7DWlj99KOF/cg==","birthArtifactID":"QXJ0aWZhY3Q6MQ==","size":3,"skip_cache":true},"a.txt":{"digest":"CY9rzUYh03PK3k6DJie09g==","size":4},"é.txt":{"digest":"s3://bucket/x","ref":"s3://bucket/x","extra":{"etag":"1"}}}}"#;

    fn manifest(text: &str) -> Manifest {
        Manifest::decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_digest_of_the_official_client() {
        // hashlib.md5 over the same text; see tests/manifest_digest.py.
        assert_eq!(
            manifest(SAMPLE).digest(),
            "07143a5cf0869ab4550d87d44182992f"
        );
        assert_eq!(
            Manifest::default().digest(),
            "64e7c61456b10382e2f3b571ac24b659"
        );
    }

    #[test]
    fn what_is_read_is_written() {
        let before = manifest(SAMPLE);
        assert_eq!(before.size_bytes(), 7);
        assert_eq!(
            before.contents["é.txt"].reference.as_deref(),
            Some("s3://bucket/x")
        );
        let weights = &before.contents["model/weights.bin"];
        assert_eq!(weights.others.get("skip_cache"), Some(&Json::Bool(true)));
        let after = Manifest::decode(&before.to_bytes()).unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn an_incremental_manifest_lies_over_its_base() {
        let patch = manifest(
            r#"{"version":1,"contents":{"a.txt":{"digest":"new","size":9},"b.txt":{"digest":"b"}}}"#,
        );
        let merged = patch.onto(&manifest(SAMPLE));
        let paths: Vec<_> = merged.contents.keys().map(String::as_str).collect();
        assert_eq!(paths, ["model/weights.bin", "a.txt", "é.txt", "b.txt"]);
        assert_eq!(merged.contents["a.txt"].digest, "new");
        assert_eq!(merged.size_bytes(), 12);
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in [
            "../x",
            "a/../../x",
            "/etc/x",
            "a\\\\..\\\\x",
            "C:/x",
            "",
            "a\\u0000b",
        ] {
            let text = format!(r#"{{"contents":{{"{path}":{{"digest":"d"}}}}}}"#);
            let error = Manifest::decode(text.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Field { .. }), "{path}: {error}");
        }
        for path in ["a..b/c", "..a", "a/./b", "日本/x", "a:b"] {
            manifest(&format!(r#"{{"contents":{{"{path}":{{"digest":"d"}}}}}}"#));
        }
    }

    #[test]
    fn complaints_name_the_entry() {
        let problem = |text: &str| Manifest::decode(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            problem(r#"{"contents":{"a":{"size":1}}}"#),
            "the artifact manifest: contents.a: digest: it is missing"
        );
        assert!(problem(r#"{"contents":{"a":{"digest":"d","size":-1}}}"#).contains("size"));
        assert!(problem(r#"{"contents":[]}"#).contains("it is a list"));
        assert!(problem(r#"{"version":2}"#).contains("version 2 is not known"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_manifest_or_a_complaint(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Manifest::decode(&bytes);
        }
    }
}
