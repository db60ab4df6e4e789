//! Console lines in pages, forwards or from the end.

use gradus_store::RunView;
use gradus_tracker::history::console_lines;
use gradus_wire::file_stream::console_line;
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::connection::page_info;
use super::{Outcome, Resolve, Resolved, fields, int, refused, text};

const DEFAULT_LINES: usize = 1_000;

impl Resolve<'_> {
    pub fn console(&self, view: &RunView, arguments: &Arguments) -> Outcome {
        let lines = console_lines(view).map_err(refused)?;
        let count = |name| -> Result<Option<usize>, GraphqlError> {
            Ok(arguments
                .int(name)?
                .map(|count| usize::try_from(count).unwrap_or(0)))
        };
        let after = arguments.text("after")?.unwrap_or_default();
        let (first, end) = match (count("first")?, count("last")?) {
            (None, Some(last)) => (lines.len().saturating_sub(last), lines.len()),
            (size, _) => {
                let first = after.parse().unwrap_or(0).min(lines.len());
                let size = size.unwrap_or(DEFAULT_LINES);
                (first, lines.len().min(first.saturating_add(size)))
            }
        };
        let edges = lines[first..end].iter().zip(first..).map(|(line, number)| {
            let parsed = console_line(line);
            let level = if parsed.is_error { "error" } else { "info" };
            let node = fields(
                "LogLine",
                vec![
                    ("id", Resolved::text(number.to_string())),
                    ("number", int(number as u64)),
                    (
                        "timestamp",
                        text(parsed.timestamp.map(|time| with_zone(&time))),
                    ),
                    ("level", Resolved::text(level)),
                    ("label", text(parsed.label)),
                    ("line", Resolved::text(parsed.text)),
                ],
            );
            fields(
                "Edge",
                vec![
                    ("node", node),
                    ("cursor", Resolved::text((number + 1).to_string())),
                ],
            )
        });
        Ok(fields(
            "LogLineConnection",
            vec![
                ("edges", Resolved::List(edges.collect())),
                ("pageInfo", page_info(Some(end as u64), end < lines.len())),
            ],
        ))
    }
}

/// Times of console lines are UTC and do not say so.
fn with_zone(time: &str) -> String {
    match time.ends_with('Z') || time.contains('+') {
        true => time.to_owned(),
        false => format!("{time}Z"),
    }
}
