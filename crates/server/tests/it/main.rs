//! The server as its clients see it: over HTTP, on a port of its own, with a folder of its own.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

mod accounts;
mod artifacts;
mod cycle_files;
mod cycles;
mod dashboards;
mod document;
mod evaluations;
mod full_disk;
mod live;
mod page;
mod recording;
mod reports;
mod rollback;
mod rows;
mod runs;
mod security;
mod served;
mod sweeps;
mod upkeep;
