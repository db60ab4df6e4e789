//! Files of runs: lists, addresses to upload to, deletion.

use gradus_store::RunKey;
use gradus_tracker::files::{RunFile, file_name};
use gradus_tracker::query::time_text;
use gradus_tracker::runs::number_in;
use gradus_wire::Json;
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::connection::Page;
use super::run::id;
use super::{Outcome, Resolve, Resolved, RunNode, fields, flag, int, refused};
use crate::wandb::storage::{self, Grant, content_type};

impl Resolve<'_> {
    pub fn run_files(&self, run: &RunNode, field: &str, arguments: &Arguments) -> Outcome {
        let number = run.record.number;
        let files = self.tracker.files.of_run(number);
        if field == "fileCount" {
            return Ok(int(files.len() as u64));
        }
        let names = arguments.texts("names")?.unwrap_or_default();
        let pattern = arguments
            .text("pattern")?
            .filter(|pattern| !pattern.is_empty());
        let wanted: Vec<&str> = names
            .iter()
            .map(|name| name.strip_prefix("./").unwrap_or(name))
            .collect();
        let page = Page::of(arguments)?;
        let found = files.into_iter().filter(|file| {
            let is_named = wanted.is_empty() || wanted.contains(&file.name.as_str());
            is_named && pattern.is_none_or(|pattern| is_like(&file.name, pattern))
        });
        let (mut found, total) = page.cut(found.collect());
        let mut nodes = Vec::with_capacity(found.len());
        for file in &found {
            nodes.push(self.file(number, file)?);
        }
        // A file that is asked for by name may be one that shall be uploaded.
        found.clear();
        let missing = wanted
            .iter()
            .filter(|name| self.tracker.files.get(number, name).is_none());
        for name in missing {
            nodes.push(self.future_file(number, name)?);
        }
        let total = total.max(page.offset + nodes.len() as u64);
        Ok(page.connection("FileConnection", nodes, total, Vec::new()))
    }

    fn file(&self, run: u64, file: &RunFile) -> Outcome {
        let grant = Grant::GetBlob {
            sha256: file.sha256.clone(),
            name: file.name.clone(),
        };
        let address = storage::address(self.tracker, &self.base_url, &grant).map_err(refused)?;
        let upload = self.upload_address(run, &file.name)?;
        Ok(fields(
            "File",
            vec![
                ("id", Resolved::text(file_id(run, &file.name))),
                ("name", Resolved::text(&file.name)),
                ("displayName", Resolved::text(&file.name)),
                ("url", Resolved::text(&address)),
                ("uploadUrl", Resolved::text(upload)),
                ("directUrl", Resolved::text(address)),
                ("sizeBytes", int(file.size_bytes)),
                ("mimetype", Resolved::text(content_type(&file.name))),
                ("updatedAt", Resolved::text(time_text(file.updated_unix_ms))),
                ("md5", Resolved::text(&file.md5)),
                ("digest", Resolved::text(&file.md5)),
            ],
        ))
    }

    /// A file that is not there, with an address to send it to.
    fn future_file(&self, run: u64, name: &str) -> Outcome {
        let upload = self.upload_address(run, name)?;
        Ok(fields(
            "File",
            vec![
                ("id", Resolved::text(file_id(run, name))),
                ("name", Resolved::text(name)),
                ("displayName", Resolved::text(name)),
                ("url", Resolved::text(&upload)),
                ("uploadUrl", Resolved::text(upload)),
                ("directUrl", Resolved::NULL),
                ("sizeBytes", int(0)),
                ("mimetype", Resolved::text(content_type(name))),
                ("updatedAt", Resolved::NULL),
                ("md5", Resolved::text("0")),
                ("digest", Resolved::NULL),
            ],
        ))
    }

    fn upload_address(&self, run: u64, name: &str) -> Result<String, GraphqlError> {
        let name = file_name(name).map_err(refused)?;
        let grant = Grant::PutRunFile { run, name };
        storage::address(self.tracker, &self.base_url, &grant).map_err(refused)
    }

    /// `createRunFiles`: one address for each name, under the same name.
    pub fn create_run_files(&self, input: &Arguments) -> Outcome {
        let run = self.run_named(input)?;
        let names = input.texts("files")?.unwrap_or_default();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let upload = self.upload_address(run, name)?;
            files.push(fields(
                "File",
                vec![
                    ("name", Resolved::text(name)),
                    ("uploadUrl", Resolved::text(upload)),
                ],
            ));
        }
        Ok(fields(
            "CreateRunFilesPayload",
            vec![
                ("runID", Resolved::text(gradus_tracker::runs::run_id(run))),
                ("uploadHeaders", Resolved::Json(Json::Array(Vec::new()))),
                ("files", Resolved::List(files)),
            ],
        ))
    }

    /// The run that `entityName`, `projectName` and `runName` name, which the caller may write.
    pub fn run_named(&self, input: &Arguments) -> Result<u64, GraphqlError> {
        let entity = input.text("entityName")?.filter(|name| !name.is_empty());
        let entity = entity.unwrap_or_else(|| self.caller.user.default_entity());
        let key = RunKey::new(
            entity,
            input.text("projectName")?.unwrap_or_default(),
            input.text("runName")?.unwrap_or_default(),
        );
        self.tracker
            .accounts
            .check_write(self.caller, entity)
            .map_err(refused)?;
        let view = self.tracker.run(self.caller, &key);
        view.map(|view| view.record.number)
            .ok_or_else(|| GraphqlError::not_found(format!("run {key} not found")))
    }

    pub fn delete_files(&self, input: &Arguments) -> Outcome {
        for file in input.texts("files")?.unwrap_or_default() {
            let not_found = || GraphqlError::not_found(format!("file {file} not found"));
            let (run, name) = named_by(file).ok_or_else(not_found)?;
            let record = self
                .tracker
                .run_by_id(self.caller, &gradus_tracker::runs::run_id(run))
                .map_err(refused)?;
            let write = self
                .tracker
                .accounts
                .check_write(self.caller, &record.key.entity);
            write.map_err(refused)?;
            self.tracker.remove_run_file(run, &name).map_err(refused)?;
        }
        Ok(fields("DeleteFilesPayload", vec![("success", flag(true))]))
    }
}

fn file_id(run: u64, name: &str) -> String {
    id("File", format!("{run}:{name}"))
}

/// The run and the name in an id of a file.
fn named_by(id: &str) -> Option<(u64, String)> {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.decode(id).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (run, name) = text.strip_prefix("File:")?.split_once(':')?;
    // The same form that runs have.
    let run = number_in(&gradus_tracker::runs::run_id(run.parse().ok()?), "Run")?;
    Some((run, name.to_owned()))
}

/// SQL's `LIKE`: `%` is any text and `_` any character.
fn is_like(name: &str, pattern: &str) -> bool {
    let (name, pattern): (Vec<char>, Vec<char>) =
        (name.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // Where the last `%` stands, and how far it reached: it may always reach further.
    let mut any: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                any = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(letter) if *letter == '_' || *letter == name[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match any {
                Some((place, reached)) => {
                    any = Some((place, reached + 1));
                    in_pattern = place + 1;
                    at = reached + 1;
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|letter| *letter == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sql() {
        for (name, pattern, is_match) in [
            ("media/a.png", "media/%", true),
            ("media/a.png", "%.png", true),
            ("media/a.png", "m%a%.p_g", true),
            ("media/a.png", "a%", false),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("", "%", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%c", false),
        ] {
            assert_eq!(is_like(name, pattern), is_match, "{name} {pattern}");
        }
    }

    #[test]
    fn ids_of_files_come_back() {
        assert_eq!(
            named_by(&file_id(7, "a:b/c")),
            Some((7, "a:b/c".to_owned()))
        );
        assert_eq!(named_by("UnVuOjc="), None);
    }
}
