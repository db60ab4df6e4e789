//! Sealed rows: one immutable file of columns for some lines of one stream. Every line comes back
//! byte for byte; a series is read without its neighbours, and most of it only as summaries.
//!
//! A file is a header (16 bytes as the log's, mark `gradseg\0`), pages, a footer that says where
//! everything lies, and a trailer (length and CRC32C of the footer, the mark). `docs/store.md`
//! holds the whole format.

pub(crate) mod build;
pub(crate) mod cursor;
pub(crate) mod footer;
mod lines;
pub(crate) mod order;
pub(crate) mod pages;
pub(crate) mod read;
pub(crate) mod steps;

pub use footer::{Column, Footer, Kind, PageSummary, SEGMENT_FORMAT};
pub use pages::{Input, PAGE_ROWS, Source};
pub use read::Segment;

#[cfg(test)]
mod tests;
