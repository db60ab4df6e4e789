//! Moving an alias back from a page: what is offered, and the move itself.

use std::cell::OnceCell;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gradus_store::RunRecord;
use gradus_tracker::cycles::{RecordedRegistry, WantedRollback, nobody_before};
use gradus_wire::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::asked::{Answer, InPath, MayWrite, RunPath, Who, answered, json_body};
use super::champions::{self, RegistryAnswer};
use crate::app::App;
use crate::http::answer::Refusal;
use crate::registry_folders::{Obstacle, RegistryFolders};

/// Whether the alias can be moved back from here, and what does it elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollbackOffer {
    pub possible: bool,
    /// Why not, in words.
    pub why: Option<String>,
    /// What to enter on the machine that has the folder; null where there is nobody to go back to.
    pub command: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackWanted {
    alias: String,
    /// Who is shown as its holder: `rows_sha256` or `decision`.
    from: String,
    /// Who is shown as the one that it leads back to, as `from`; whoever it is where it is null.
    to: Option<String>,
}

/// Move an alias back to whoever held it before, in its task's folder on the server's machine
///
/// Of a server that others reach too, administrators alone may ask this. 409 where the alias is held
/// by another, where nobody held it before, and where the folder is not here or not as it was recorded.
#[utoipa::path(post, path = "/projects/{entity}/{project}/champions/{run}/rollback", tag = "cycles",
    params(RunPath), request_body = RollbackWanted,
    responses((status = 200, body = RegistryAnswer)))]
pub async fn roll_back(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<RegistryAnswer> {
    let wanted: RollbackWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        who.writable(app, &path)?;
        let folders = folders_for(app, &who).map_err(|closed| closed.refusal())?;
        let _moving = folders.one_at_a_time();
        let run = who.run(app, &path)?.record;
        let wanted = WantedRollback {
            alias: wanted.alias,
            from: wanted.from,
            to: wanted.to,
        };
        let recorded = app.tracker.registry_to_roll_back(&run, &wanted)?;
        let moved = folders
            .roll_back(&recorded, &wanted.alias)
            .map_err(|obstacle| refusal_of(obstacle, &recorded))?;
        let summary = Value::Object(moved.summary).to_string();
        let summary = json::parse_object("the summary", &summary)?;
        let done = app
            .tracker
            .record_rollback(&who.caller, &run, &recorded, &moved.files, summary);
        done.map_err(|problem| not_recorded(problem.into(), &recorded))?;
        champions::registry(app, &who, &who.run(app, &path)?.record)
    })
    .await
}

/// Why nobody, or not this caller, may move aliases here.
#[derive(Debug, Clone, Copy)]
enum Closed {
    NoFolders,
    NotAdministrator,
}

impl Closed {
    const fn why(self) -> &'static str {
        match self {
            Self::NoFolders => "this server does not reach into folders of tasks",
            Self::NotAdministrator => {
                "others reach this server too, so only an administrator may have it change a folder"
            }
        }
    }

    fn refusal(self) -> Refusal {
        let status = match self {
            Self::NoFolders => StatusCode::NOT_IMPLEMENTED,
            Self::NotAdministrator => StatusCode::FORBIDDEN,
        };
        Refusal::new(status, self.why())
    }
}

/// Folders may be changed for a program of this machine, and for an administrator from anywhere.
fn folders_for<'a>(app: &'a App, who: &Who) -> Result<&'a RegistryFolders, Closed> {
    let folders = app.config.registry_folders.as_ref();
    let folders = folders.ok_or(Closed::NoFolders)?;
    match who.is_of_this_machine || who.caller.user.is_admin {
        true => Ok(folders),
        false => Err(Closed::NotAdministrator),
    }
}

/// What stands between a caller and the rollbacks of one registry.
pub struct Offers<'a> {
    folders: Result<&'a RegistryFolders, &'static str>,
    recorded: Option<RecordedRegistry>,
    /// Looked at once, however many aliases there are.
    folder: OnceCell<Result<(), Obstacle>>,
}

impl<'a> Offers<'a> {
    pub fn of(app: &'a App, who: &Who, run: &RunRecord) -> Result<Self, Refusal> {
        let may_write = app
            .tracker
            .accounts
            .check_write(&who.caller, &run.key.entity);
        let folders = match may_write {
            Err(_) => Err("this API key may only read"),
            Ok(()) => folders_for(app, who).map_err(Closed::why),
        };
        Ok(Self {
            folders,
            recorded: app.tracker.recorded_registry(run)?,
            folder: OnceCell::new(),
        })
    }

    /// Of an alias with those who hold and held it, the present holder last.
    pub fn of_alias(
        &self,
        alias: &str,
        holders: &[gradus_schema::registry::Holder],
    ) -> RollbackOffer {
        if holders.len() < 2 {
            return RollbackOffer {
                possible: false,
                why: Some(nobody_before(holders).to_owned()),
                command: None,
            };
        }
        let task_dir = self.recorded.as_ref().map(|it| it.task_dir.as_str());
        let no = |why: &str, command: String| RollbackOffer {
            possible: false,
            why: Some(why.to_owned()),
            command: Some(command),
        };
        let roll_back = roll_back_command(task_dir, alias);
        let (folders, recorded) = match (self.folders, &self.recorded) {
            (Err(why), _) => return no(why, roll_back),
            (_, None) => return no("the record does not say which folder it is of", roll_back),
            (Ok(folders), Some(recorded)) => (folders, recorded),
        };
        let folder = self.folder.get_or_init(|| folders.check(recorded));
        match folder
            .clone()
            .and_then(|()| folders.check_alias(recorded, alias))
        {
            Ok(()) => RollbackOffer {
                possible: true,
                why: None,
                command: Some(roll_back),
            },
            Err(Obstacle::MovedOn) => no(MOVED_ON, record_command(task_dir)),
            Err(Obstacle::NotHere(why) | Obstacle::Failed(why)) => no(&why, roll_back),
            Err(Obstacle::Busy) => no(BUSY, roll_back),
        }
    }
}

const MOVED_ON: &str = "the folder has moved on since it was recorded, record it first";
const BUSY: &str = "another command works in the folder's registry";

fn refusal_of(obstacle: Obstacle, recorded: &RecordedRegistry) -> Refusal {
    match obstacle {
        Obstacle::Busy => Refusal::passing(BUSY),
        Obstacle::NotHere(why) => Refusal::new(StatusCode::CONFLICT, why),
        Obstacle::MovedOn => {
            let command = record_command(Some(&recorded.task_dir));
            Refusal::new(StatusCode::CONFLICT, format!("{MOVED_ON}: {command}"))
        }
        // How far it got, the folder knows.
        Obstacle::Failed(why) => {
            let command = record_command(Some(&recorded.task_dir));
            Refusal::internal(format!(
                "the rollback failed: {why}; look at it with {command}"
            ))
        }
    }
}

/// The folder is changed and the record is not.
fn not_recorded(refusal: Refusal, recorded: &RecordedRegistry) -> Refusal {
    let command = record_command(Some(&recorded.task_dir));
    Refusal {
        message: format!(
            "the alias was moved, but not recorded: {}; record it: {command}",
            refusal.message
        ),
        // Asked again, it would be refused.
        retry_after_secs: None,
        status: StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn roll_back_command(task_dir: Option<&str>, alias: &str) -> String {
    let task_dir = folder_word(task_dir);
    match alias {
        "champion" => format!("gradus rollback {task_dir}"),
        alias => format!("gradus rollback {task_dir} --alias {}", shell_word(alias)),
    }
}

fn record_command(task_dir: Option<&str>) -> String {
    format!("gradus champions {}", folder_word(task_dir))
}

/// A folder for a shell, or a word in its place where it is none that may be shown in a command.
fn folder_word(task_dir: Option<&str>) -> String {
    let plain = task_dir.filter(|dir| dir.starts_with('/') && !dir.chars().any(is_deceiving));
    plain.map_or_else(|| "TASK_DIR".to_owned(), shell_word)
}

/// Characters that look like nothing or turn the text around: what is pasted would not be what is read.
fn is_deceiving(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_holds_no_surprise() {
        assert_eq!(
            roll_back_command(Some("/data/my task"), "champion"),
            "gradus rollback '/data/my task'"
        );
        assert_eq!(
            roll_back_command(Some("/t"), "a'; b"),
            r"gradus rollback /t --alias 'a'\''; b'"
        );
        for hostile in ["/t\nrm -rf /", "/t\u{202e}x", "relative", "--help", ""] {
            assert_eq!(
                record_command(Some(hostile)),
                "gradus champions TASK_DIR",
                "{hostile:?}"
            );
        }
        assert_eq!(
            record_command(Some("/$(date)")),
            "gradus champions '/$(date)'"
        );
    }
}
