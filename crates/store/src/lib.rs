//! Runs, rows and blobs on one disk: an append log that acknowledges what is durable, sealed into
//! compressed columns, with a catalogue derived from both.
//!
//! - [`Store`]: opens a folder; takes [`Change`]s and answers when they are durable.
//! - [`RunView`]: one run as it was at one moment: rows, series, buckets.
//! - [`RunQuery`]: which runs, filtered and ordered by configuration and summary.
//! - [`segment`]: the files of sealed rows.
//!
//! Lines are kept as they were sent, byte for byte; typed values are derived from them.
//! `docs/store.md` holds the formats.

mod backup;
mod blobs;
mod buckets;
mod cache;
mod catalogue;
mod catalogue_rows;
mod change;
mod check;
mod checkpoint;
mod codec;
mod columns;
mod disk;
mod error;
mod feed;
mod filter;
mod json;
mod lines;
mod log;
mod number;
mod operation;
mod recover;
mod retention;
mod run;
mod sealer;
pub mod segment;
mod shared;
mod state;
mod store;
mod tail;
mod view;
mod writer;

pub use backup::BackupReport;
pub use blobs::hex;
pub use buckets::{Bucket, Buckets};
pub use catalogue::{CATALOGUE_FORMAT, RunQuery};
pub use change::{Ack, Change, Placed};
pub use check::CheckReport;
pub use columns::ColumnInfo;
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{Error, Result};
pub use feed::{Event, Subscription};
pub use filter::{Comparison, Field, Filter, Order, Scalar};
pub use json::Value;
pub use lines::Lines;
pub use log::LOG_FORMAT;
pub use operation::{BlobHash, Placement, StreamKey};
pub use recover::Recovery;
pub use retention::{KEEP_TAG, Retention};
pub use run::{RunFields, RunKey, RunNumber, RunPatch, RunRecord};
pub use shared::Options;
pub use store::Store;
pub use view::{ALL_STEPS, KeyInfo, Row, RunView, SeriesRow};
pub use writer::Reply;
