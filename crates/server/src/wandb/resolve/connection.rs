//! Lists in pages, in the manner of Relay: `edges { node cursor } pageInfo { endCursor hasNextPage }`.

use gradus_wire::graphql::{Arguments, GraphqlError};

use super::{Resolved, fields, flag, int, text};

/// A page nobody asked to be smaller.
const DEFAULT_PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 10_000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub offset: u64,
    pub size: u64,
}

impl Page {
    /// # Errors
    /// A cursor that was not given here, a negative size.
    pub fn of(arguments: &Arguments) -> Result<Self, GraphqlError> {
        let after = arguments.text("after")?.filter(|cursor| !cursor.is_empty());
        let offset = match after.map(str::parse) {
            None => 0,
            Some(Ok(offset)) => offset,
            Some(Err(_)) => {
                let text = "argument 'after' is no cursor that this server gave";
                return Err(GraphqlError::bad_input(text));
            }
        };
        let size = match arguments.int("first")? {
            None => DEFAULT_PAGE,
            Some(size) => u64::try_from(size)
                .map_err(|_| GraphqlError::bad_input("argument 'first' is negative"))?
                .min(LARGEST_PAGE),
        };
        Ok(Self { offset, size })
    }

    pub fn cut<T>(self, all: Vec<T>) -> (Vec<T>, u64) {
        let total = all.len() as u64;
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(self.size).unwrap_or(usize::MAX);
        (all.into_iter().skip(skip).take(take).collect(), total)
    }

    /// A connection of these nodes, which are the page; more may follow.
    pub fn connection(
        self,
        type_name: &'static str,
        nodes: Vec<Resolved>,
        total: u64,
        more: Vec<(&'static str, Resolved)>,
    ) -> Resolved {
        let nodes = nodes.into_iter().map(|node| (node, Vec::new())).collect();
        self.connection_with(type_name, nodes, total, more)
    }

    /// `connection`, each node with further fields of its edge.
    pub fn connection_with(
        self,
        type_name: &'static str,
        nodes: Vec<(Resolved, Vec<(&'static str, Resolved)>)>,
        total: u64,
        more: Vec<(&'static str, Resolved)>,
    ) -> Resolved {
        let end = self.offset + nodes.len() as u64;
        let edges = nodes
            .into_iter()
            .zip(self.offset + 1..)
            .map(|((node, mut of_edge), place)| {
                of_edge.push(("node", node));
                of_edge.push(("cursor", Resolved::text(place.to_string())));
                fields("Edge", of_edge)
            });
        let mut all = vec![
            ("edges", Resolved::List(edges.collect())),
            (
                "pageInfo",
                page_info(Some(end).filter(|end| *end > 0), end < total),
            ),
            ("totalCount", int(total)),
        ];
        all.extend(more);
        fields(type_name, all)
    }
}

pub fn page_info(end: Option<u64>, has_next: bool) -> Resolved {
    fields(
        "PageInfo",
        vec![
            ("endCursor", text(end.map(|end| end.to_string()))),
            ("hasNextPage", flag(has_next)),
        ],
    )
}

/// All of a short list as one page.
pub fn whole(type_name: &'static str, nodes: Vec<Resolved>) -> Resolved {
    let page = Page {
        offset: 0,
        size: u64::MAX,
    };
    let total = nodes.len() as u64;
    page.connection(type_name, nodes, total, Vec::new())
}
