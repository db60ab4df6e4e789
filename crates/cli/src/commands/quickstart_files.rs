//! The bundled example, as it lies in `examples/hidden-params`, inside the binary.

use std::path::Path;

use anyhow::{Context, Result};

use crate::out::Out;

macro_rules! bundled {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../examples/hidden-params/", $name)))),*]
    };
}

const FILES: &[(&str, &str)] = bundled![
    "README.md",
    "task.yaml",
    "recipe.yaml",
    "prompt.jinja",
    "contract.schema.json",
    "data/train.jsonl",
    "data/dev.jsonl",
    "data/frozen.jsonl",
];

/// Writes the example into a folder; files that are there are left as they are.
pub fn write(dir: &Path, out: &Out) -> Result<()> {
    for (name, content) in FILES {
        let path = dir.join(name);
        match std::fs::read(&path) {
            Ok(found) if found == content.as_bytes() => continue,
            Ok(_) => {
                out.note(format!(
                    "{name} differs from the bundled one and stays as it is"
                ));
                continue;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("making the folder {}", folder.display()))?;
        }
        let aside = path.with_added_extension("partial");
        std::fs::write(&aside, content).with_context(|| format!("writing {}", path.display()))?;
        std::fs::rename(&aside, &path).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_whole_and_changes_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let out = Out::new(true);
        write(dir.path(), &out).unwrap();
        let task = gradus_eval::Task::open(dir.path()).unwrap();
        assert!(task.rows(gradus_schema::Split::Frozen).unwrap().rows.len() >= 50);
        std::fs::write(dir.path().join("recipe.yaml"), "changed").unwrap();
        write(dir.path(), &out).unwrap();
        assert_eq!(
            std::fs::read_to_string(dir.path().join("recipe.yaml")).unwrap(),
            "changed"
        );
    }
}
