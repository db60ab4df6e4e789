//! `gradus keys` and `gradus users`.

use anyhow::Result;
use gradus_tracker::Tracker;
use gradus_tracker::accounts::{ApiKey, User};
use gradus_tracker::query::time_text;
use serde_json::{Value, json};

use super::place::{Place, encoded};
use crate::args::accounts::{KeysCommand, UsersCommand};
use crate::commands::Settings;
use crate::out::Out;

pub fn keys(command: &KeysCommand, settings: &Settings, out: &Out) -> Result<()> {
    let place = Place::of(&settings.store_dir())?;
    match command {
        KeysCommand::Create {
            user,
            description,
            read_only,
        } => {
            let made = create_key(&place, user.as_deref(), description, *read_only)?;
            out.say(made["key"].as_str().unwrap_or_default());
            let user = made["user"].as_str().unwrap_or_default();
            if !out.is_json() {
                out.note(format!("a key of {user}; it is not shown again"));
            }
            out.result(&made);
        }
        KeysCommand::List { user } => {
            let keys = list_keys(&place, user.as_deref())?;
            let listed = keys["keys"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let rows: Vec<Vec<String>> = listed.iter().map(key_row).collect();
            let header = ["id", "user", "may", "made", "description"];
            out.table(&header, &rows);
            out.result(&keys);
        }
        KeysCommand::Delete { id } => {
            match &place {
                Place::Store(tracker) => {
                    tracker.remove_key(id)?;
                }
                Place::Server(server) => {
                    server.ask("DELETE", &format!("keys/{}", encoded(id)), None)?;
                }
            }
            out.say(format!("key {id} is removed"));
            out.result(&json!({ "removed": id }));
        }
    }
    Ok(())
}

pub fn users(command: &UsersCommand, settings: &Settings, out: &Out) -> Result<()> {
    let place = Place::of(&settings.store_dir())?;
    match command {
        UsersCommand::Add { name, email, admin } => {
            let made = match &place {
                Place::Store(tracker) => {
                    super::owner(tracker)?;
                    shown_user(tracker, &*tracker.add_user(name, email, *admin)?)
                }
                Place::Server(server) => {
                    let body = json!({ "name": name, "email": email, "is_admin": admin });
                    server.ask("POST", "users", Some(&body))?
                }
            };
            out.say(format!(
                "user {name} is made; `gradus keys create --user {name}` makes a key"
            ));
            out.result(&made);
        }
        UsersCommand::List => {
            let users = match &place {
                Place::Store(tracker) => {
                    let users = tracker.accounts.users();
                    let users = users.iter().map(|user| shown_user(tracker, user));
                    json!({ "users": users.collect::<Vec<_>>() })
                }
                Place::Server(server) => server.ask("GET", "users", None)?,
            };
            let listed = users["users"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let rows: Vec<Vec<String>> = listed.iter().map(user_row).collect();
            out.table(&["name", "role", "keys", "teams", "email"], &rows);
            out.result(&users);
        }
        UsersCommand::Remove { name } => {
            match &place {
                Place::Store(tracker) => tracker.remove_user(name)?,
                Place::Server(server) => {
                    server.ask("DELETE", &format!("users/{}", encoded(name)), None)?;
                }
            }
            out.say(format!("user {name} is removed"));
            out.result(&json!({ "removed": name }));
        }
    }
    Ok(())
}

fn create_key(
    place: &Place,
    user: Option<&str>,
    description: &str,
    is_read_only: bool,
) -> Result<Value> {
    match place {
        Place::Store(tracker) => {
            let owner = super::owner(tracker)?;
            let user = user.unwrap_or(&owner.user.name);
            let (kept, key) = tracker.add_key(user, description, is_read_only)?;
            let mut made = shown_key(&kept);
            made["key"] = json!(key);
            Ok(made)
        }
        Place::Server(server) => {
            let mut body = json!({ "description": description, "is_read_only": is_read_only });
            if let Some(user) = user {
                body["user"] = json!(user);
            }
            server.ask("POST", "keys", Some(&body))
        }
    }
}

fn list_keys(place: &Place, user: Option<&str>) -> Result<Value> {
    match place {
        Place::Store(tracker) => {
            let keys = match user {
                Some(user) => tracker.accounts.keys_of(user),
                None => tracker.accounts.keys(),
            };
            let keys: Vec<Value> = keys.iter().map(|key| shown_key(key)).collect();
            Ok(json!({ "keys": keys }))
        }
        Place::Server(server) => {
            let user = encoded(user.unwrap_or("*"));
            server.ask("GET", &format!("keys?user={user}"), None)
        }
    }
}

/// As the server's API shows it.
fn shown_key(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "user": key.user,
        "description": key.description,
        "is_read_only": key.is_read_only,
        "created_unix_ms": key.created_unix_ms,
    })
}

/// As the server's API shows it.
fn shown_user(tracker: &Tracker, user: &User) -> Value {
    let teams = tracker.accounts.teams_of(&user.name);
    json!({
        "name": user.name,
        "email": user.email,
        "is_admin": user.is_admin,
        "created_unix_ms": user.created_unix_ms,
        "teams": teams.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(),
        "keys": tracker.accounts.keys_of(&user.name).len(),
    })
}

fn key_row(key: &Value) -> Vec<String> {
    let text = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
    let may = match key["is_read_only"].as_bool() {
        Some(true) => "read",
        _ => "read, write",
    };
    let made = key["created_unix_ms"].as_i64().map(time_text);
    vec![
        text("id"),
        text("user"),
        may.to_owned(),
        made.unwrap_or_default(),
        text("description"),
    ]
}

fn user_row(user: &Value) -> Vec<String> {
    let text = |name: &str| user[name].as_str().unwrap_or_default().to_owned();
    let role = match user["is_admin"].as_bool() {
        Some(true) => "administrator",
        _ => "member",
    };
    let teams = user["teams"].as_array().into_iter().flatten();
    let teams: Vec<&str> = teams.filter_map(Value::as_str).collect();
    vec![
        text("name"),
        role.to_owned(),
        user["keys"].to_string(),
        teams.join(", "),
        text("email"),
    ]
}
