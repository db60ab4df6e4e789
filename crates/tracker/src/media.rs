//! Media and tables of a run: values that name a file, as the `wandb` client logs them.

use std::collections::BTreeMap;

use gradus_store::RunView;
use gradus_wire::file_stream::flattened;
use gradus_wire::{Json, JsonObject, json};

use crate::history::to_json;
use crate::runs::HISTORY;
use crate::{Result, Tracker};

/// A key that holds media.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaKey {
    pub key: String,
    /// `image-file`, `images/separated`, `table-file`, `html-file`, …
    pub kind: String,
    /// Paths of the run's files that the value names.
    pub paths: Vec<String>,
    /// Rows in which the key is; 0 where only the summary has it.
    pub rows: u64,
    /// Step of the last of them.
    pub last_step: Option<i64>,
    /// The value as it was logged last.
    pub value: Json,
}

impl Tracker {
    /// Keys of a run whose last value is media or a table, by name.
    pub fn media(&self, view: &RunView) -> Result<Vec<MediaKey>> {
        let mut found: BTreeMap<String, MediaKey> = BTreeMap::new();
        let summary = view.record.fields.summary.as_deref().unwrap_or("{}");
        // What is kept was read when it came.
        let summary = json::parse_object("a run", summary).unwrap_or_default();
        for (key, value) in flattened(&summary) {
            found.extend(media_of(&key, value).map(|media| (key, media)));
        }
        let mut last_step = None;
        for (name, info) in view.keys(HISTORY)? {
            let last = to_json(&info.last);
            let mut row = JsonObject::new();
            row.insert(name.clone(), last);
            for (key, value) in flattened(&row) {
                let Some(media) = media_of(&key, value) else {
                    continue;
                };
                let media = found.entry(key).or_insert(media);
                media.rows = info.numbers + info.others;
                let step = match media.rows {
                    0 => None,
                    _ => *last_step.get_or_insert(view.last_step(HISTORY)?),
                };
                media.last_step = step_of(&media.value, &media.paths).or(step);
            }
        }
        Ok(found.into_values().collect())
    }
}

fn media_of(key: &str, value: &Json) -> Option<MediaKey> {
    let object = value.as_object()?;
    let kind = object.get("_type")?.as_str()?;
    let mut paths: Vec<String> = Vec::new();
    paths.extend(object.get("path").and_then(Json::as_str).map(str::to_owned));
    for list in ["filenames", "captions_path"] {
        let names = object.get(list).and_then(Json::as_array);
        let names = names.into_iter().flatten().filter_map(Json::as_str);
        paths.extend(names.map(str::to_owned));
    }
    Some(MediaKey {
        key: key.to_owned(),
        kind: kind.to_owned(),
        paths,
        rows: 0,
        last_step: None,
        value: value.clone(),
    })
}

/// The client writes the step into the names: `media/images/x_12_3ab4.png`.
fn step_of(value: &Json, paths: &[String]) -> Option<i64> {
    let said = value.as_object().and_then(|object| object.get("step"));
    if let Some(step) = said.and_then(Json::as_i64) {
        return Some(step);
    }
    let name = paths.first()?.rsplit('/').next()?;
    let mut parts = name.rsplit('_').skip(1);
    parts.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_stands_in_the_name() {
        let paths = |name: &str| vec![name.to_owned()];
        let step = |name: &str| step_of(&Json::Null, &paths(name));
        assert_eq!(step("media/images/a_b_12_3ab4.png"), Some(12));
        assert_eq!(step("media/table/t_0_ff.table.json"), Some(0));
        assert_eq!(step("media/x.png"), None);
        assert_eq!(step("media/a_b.png"), None);
    }
}
