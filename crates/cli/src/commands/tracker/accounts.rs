//! `gradus keys` and `gradus users`.

use anyhow::Result;
use gradus_tracker::query::time_text;
use serde_json::{Value, json};

use crate::args::accounts::{KeysCommand, UsersCommand};
use crate::commands::Settings;
use crate::out::Out;
use crate::tracker_place::{Place, encoded};

pub fn keys(command: &KeysCommand, settings: &Settings, out: &Out) -> Result<()> {
    let place = Place::of(&settings.store_dir())?;
    match command {
        KeysCommand::Create {
            user,
            description,
            read_only,
        } => {
            let mut body = json!({ "description": description, "is_read_only": read_only });
            if let Some(user) = user {
                body["user"] = json!(user);
            }
            let made = place.ask("POST", "keys", Some(&body))?;
            out.say(made["key"].as_str().unwrap_or_default());
            let user = made["user"].as_str().unwrap_or_default();
            if !out.is_json() {
                out.note(format!("a key of {user}; it is not shown again"));
            }
            out.result(&made);
        }
        KeysCommand::List { user } => {
            let keys = match user {
                Some(user) => place.get(&format!("keys?user={}", encoded(user)))?,
                None if place.get("viewer")?["is_admin"] == true => place.get("keys?user=*")?,
                None => place.get("keys")?,
            };
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
            place.ask("DELETE", &format!("keys/{}", encoded(id)), None)?;
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
            let body = json!({ "name": name, "email": email, "is_admin": admin });
            let made = place.ask("POST", "users", Some(&body))?;
            out.say(format!(
                "user {name} is made; `gradus keys create --user {name}` makes a key"
            ));
            out.result(&made);
        }
        UsersCommand::List => {
            let users = place.get("users")?;
            let listed = users["users"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let rows: Vec<Vec<String>> = listed.iter().map(user_row).collect();
            out.table(&["name", "role", "keys", "teams", "email"], &rows);
            out.result(&users);
        }
        UsersCommand::Remove { name } => {
            place.ask("DELETE", &format!("users/{}", encoded(name)), None)?;
            out.say(format!("user {name} is removed"));
            out.result(&json!({ "removed": name }));
        }
    }
    Ok(())
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
