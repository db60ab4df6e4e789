//! Console lines in pages, forwards or from the end.

use gradus_store::RunView;
use gradus_tracker::console::console;
use gradus_tracker::runs::CONSOLE;
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::connection::page_info;
use super::{Outcome, Resolve, Resolved, fields, int, refused, text};

const DEFAULT_LINES: u64 = 1_000;

impl Resolve<'_> {
    pub fn console(&self, view: &RunView, arguments: &Arguments) -> Outcome {
        let count = |name| -> Result<Option<u64>, GraphqlError> {
            Ok(arguments
                .int(name)?
                .map(|count| u64::try_from(count).unwrap_or(0)))
        };
        let total = view.total_lines(CONSOLE);
        let after = arguments.text("after")?.unwrap_or_default();
        let (first, size) = match (count("first")?, count("last")?) {
            (None, Some(last)) => (total.saturating_sub(last), last),
            (size, _) => (after.parse().unwrap_or(0), size.unwrap_or(DEFAULT_LINES)),
        };
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        let page = console(view, first, limit, None);
        let page = page.map_err(refused)?;
        let end = page
            .lines
            .last()
            .map_or(first.min(total), |(number, _)| number + 1);
        let edges = page.lines.into_iter().map(|(number, parsed)| {
            let level = if parsed.is_error { "error" } else { "info" };
            let node = fields(
                "LogLine",
                vec![
                    ("id", Resolved::text(number.to_string())),
                    ("number", int(number)),
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
                ("pageInfo", page_info(Some(end), page.next_after.is_some())),
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
