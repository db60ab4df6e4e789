//! `gradus champions TASK_DIR`: who holds each alias and who held it before; recorded as it is.

use std::collections::BTreeSet;

use anyhow::Result;
use gradus_schema::registry::{AliasEvent, held};
use serde_json::{Value, json};

use super::Settings;
use crate::args::decisions::ChampionsArguments;
use crate::out::Out;
use crate::recorder::registries;
use crate::registry::events_of;

pub fn run(arguments: &ChampionsArguments, settings: &Settings, out: &Out) -> Result<()> {
    let events = events_of(&arguments.task_dir)?;
    registries::record(&arguments.task_dir, settings, out);
    let aliases: BTreeSet<&str> = events.iter().map(|event| event.alias.as_str()).collect();
    if aliases.is_empty() {
        out.say("nobody was promoted yet");
    }
    let found = aliases.iter().map(|alias| show(&events, alias, out));
    out.result(&json!({ "aliases": found.collect::<Vec<_>>(), "history": events }));
    Ok(())
}

fn show(events: &[AliasEvent], alias: &str, out: &Out) -> Value {
    let mut holders = held(events, alias);
    let holder = holders.pop();
    holders.reverse();
    let model = holder.as_ref().map_or("nobody", |it| it.model.as_str());
    out.say(format!("{alias}: {model}"));
    if let Some(before) = holders.first() {
        out.say(format!("  a rollback leads back to {}", before.model));
    }
    json!({ "alias": alias, "holder": holder, "before": holders })
}
