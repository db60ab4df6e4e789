//! Files of runs: names, and the blobs that hold them.

use std::io::Read;
use std::sync::Arc;

use gradus_schema::UnixMillis;
use gradus_store::{BlobHash, Change, RunNumber, Store, hex};
use serde::{Deserialize, Serialize};

use crate::table::{Table, Transaction};
use crate::{Error, Result, Tracker};

const NAME_BYTES: usize = 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    pub name: String,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// MD5 of the content, base64, as the client compares it.
    pub md5: String,
    pub size_bytes: u64,
    pub updated_unix_ms: UnixMillis,
}

/// Files by `RUN/NAME`.
pub struct RunFiles {
    files: Arc<Table<RunFile>>,
}

impl RunFiles {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            files: Table::load(store, "run_file")?,
        })
    }

    pub fn get(&self, run: RunNumber, name: &str) -> Option<Arc<RunFile>> {
        self.files.get(&key(run, name))
    }

    /// By name.
    pub fn of_run(&self, run: RunNumber) -> Vec<Arc<RunFile>> {
        let found = self.files.with_prefix(&format!("{run}/"));
        found.into_iter().map(|(_, file)| file).collect()
    }

    pub(crate) fn forget_all(&self, run: RunNumber, transaction: &mut Transaction) {
        for file in self.of_run(run) {
            self.forget(run, &file, transaction);
        }
    }

    fn forget(&self, run: RunNumber, file: &RunFile, transaction: &mut Transaction) {
        let key = key(run, &file.name);
        if let Some(hash) = hash_of(&file.sha256) {
            let owner = owner(&key);
            transaction.change(Change::UnlinkBlob { owner, hash });
        }
        transaction.remove(&self.files, key);
    }
}

fn key(run: RunNumber, name: &str) -> String {
    format!("{run}/{name}")
}

fn owner(key: &str) -> String {
    format!("run_file/{key}")
}

/// The bytes of a hash that is written in hexadecimal.
pub fn hash_of(text: &str) -> Option<BlobHash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(hash)
}

/// The name under which a file is kept: a relative path that leads nowhere else.
///
/// # Errors
/// An empty name, `..`, an absolute path, control characters.
pub fn file_name(name: &str) -> Result<String> {
    let refused = |problem: &str| {
        let shown: String = name.chars().take(80).collect();
        Err(Error::input(format!(
            "a file can't be named {shown:?}: {problem}"
        )))
    };
    let name = name.strip_prefix("./").unwrap_or(name);
    if name.is_empty() || name.len() > NAME_BYTES {
        return refused("1 to 1024 bytes are allowed");
    }
    if name.starts_with('/') || name.chars().any(char::is_control) {
        return refused("it begins with '/' or holds control characters");
    }
    if name.split(['/', '\\']).any(|part| part == "..") {
        return refused("it leads out of its run");
    }
    Ok(name.to_owned())
}

impl Tracker {
    /// Stores the content of a run's file; what had the name before makes way. The same content
    /// again changes nothing.
    pub fn put_run_file(
        &self,
        run: RunNumber,
        name: &str,
        content: &mut dyn Read,
    ) -> Result<RunFile> {
        let put = self.put_where(run, name, content, |_| true)?;
        Ok(put.expect("nothing stands against it"))
    }

    /// `put_run_file` where the content of this hash has the name; `None` where another has it by now.
    pub fn put_run_file_over(
        &self,
        run: RunNumber,
        name: &str,
        over_sha256: &str,
        content: &mut dyn Read,
    ) -> Result<Option<RunFile>> {
        let is_known = |known: Option<&RunFile>| known.is_some_and(|it| it.sha256 == over_sha256);
        self.put_where(run, name, content, is_known)
    }

    fn put_where(
        &self,
        run: RunNumber,
        name: &str,
        content: &mut dyn Read,
        may_replace: impl FnOnce(Option<&RunFile>) -> bool,
    ) -> Result<Option<RunFile>> {
        let name = file_name(name)?;
        let mut content = Md5Reader::new(content);
        let (hash, size_bytes) = self.store.put_blob(&mut content, None)?;
        let md5 = content.base64();
        let _changing = self.lock();
        self.record(run)?;
        let key = key(run, &name);
        let before = self.files.files.get(&key);
        if let Some(same) = before.as_ref().filter(|file| file.sha256 == hex(&hash)) {
            return Ok(Some(RunFile::clone(same)));
        }
        if !may_replace(before.as_deref()) {
            return Ok(None);
        }
        let file = RunFile {
            name,
            sha256: hex(&hash),
            md5,
            size_bytes,
            updated_unix_ms: self.now_unix_ms(),
        };
        let mut transaction = Transaction::default();
        let before = before.and_then(|file| hash_of(&file.sha256));
        if let Some(before) = before {
            transaction.change(Change::UnlinkBlob {
                owner: owner(&key),
                hash: before,
            });
        }
        transaction.change(Change::LinkBlob {
            owner: owner(&key),
            hash,
        });
        transaction.put(&self.files.files, key, file.clone())?;
        transaction.commit(&self.store)?;
        self.store.tell_changed(run);
        Ok(Some(file))
    }

    /// # Errors
    /// A file that is not there.
    pub fn remove_run_file(&self, run: RunNumber, name: &str) -> Result<()> {
        let _changing = self.lock();
        let Some(file) = self.files.get(run, name) else {
            return Err(Error::not_found(format!("the run has no file '{name}'")));
        };
        let mut transaction = Transaction::default();
        self.files.forget(run, &file, &mut transaction);
        transaction.commit(&self.store)?;
        self.store.tell_changed(run);
        Ok(())
    }
}

/// Hands content on and knows its MD5 at the end.
pub struct Md5Reader<'a> {
    content: &'a mut dyn Read,
    md5: md5::Md5,
}

impl<'a> Md5Reader<'a> {
    pub fn new(content: &'a mut dyn Read) -> Self {
        Self {
            content,
            md5: md5::Digest::new(),
        }
    }

    pub fn base64(self) -> String {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(md5::Digest::finalize(self.md5))
    }
}

impl Read for Md5Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.content.read(buffer)?;
        md5::Digest::update(&mut self.md5, &buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        assert_eq!(file_name("./media/a b.png").unwrap(), "media/a b.png");
        assert_eq!(file_name("..hidden/x..y").unwrap(), "..hidden/x..y");
        for hostile in [
            "",
            "../x",
            "a/../../x",
            "/etc/passwd",
            "a\\..\\b",
            "a\0b",
            "..",
            "./",
        ] {
            assert!(file_name(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn hashes_are_read_strictly() {
        assert_eq!(hash_of(&"0f".repeat(32)), Some([15; 32]));
        assert_eq!(hash_of(&"é".repeat(32)), None);
        assert_eq!(hash_of("0f"), None);
    }
}
