//! Options of `cargo xtask bench engine`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

pub struct Options {
    pub model: String,
    /// Prompts and contract of the requests, and the training rows unless `rows` is given.
    pub task: PathBuf,
    pub rows: Option<PathBuf>,
    pub rounds: usize,
    pub without_peers: bool,
}

impl Options {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            model: "smollm2-135m-instruct".into(),
            task: crate::root().join("examples/hidden-params"),
            rows: None,
            rounds: 3,
            without_peers: false,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} needs a value"))
            };
            match *word {
                "--model" => options.model = value()?.to_string(),
                "--task" => options.task = std::path::absolute(value()?)?,
                "--rows" => options.rows = Some(std::path::absolute(value()?)?),
                "--rounds" => {
                    let text = value()?;
                    options.rounds = text
                        .parse()
                        .ok()
                        .filter(|rounds| *rounds > 0)
                        .with_context(|| {
                            format!("--rounds must be a number above 0, found {text}")
                        })?;
                }
                "--without-peers" => options.without_peers = true,
                other => bail!("unknown option {other}; see `cargo xtask help`"),
            }
        }
        Ok(options)
    }

    /// How the rows are named in the stored result: never by a path of this machine.
    pub fn rows_name(&self) -> String {
        let path = self.rows.as_ref().unwrap_or(&self.task);
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_default()
    }
}
