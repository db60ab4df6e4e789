//! The `.wandb` file: what a run logged, record by record, also of a run that crashed.
//!
//! [`read`] opens the framing and decodes every record into an [`Event`]; [`OfflineRun::replay`]
//! makes of the events what a server would hold after `wandb sync`. Damage is skipped and counted.

mod event;
mod framing;
mod messages;
mod replay;

pub use event::{ArtifactEvent, Change, Event, FilePolicy, OutputStream, RunEvent, Timestamp};
pub use framing::Damage;
pub use replay::{OfflineRun, OutputPiece};

use crate::error::Result;

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OfflineFile {
    pub events: Vec<Event>,
    /// Framed pieces whose checksum held; a record consists of one or more.
    pub chunks: usize,
    /// Records that the pieces make, decoded or not.
    pub records: usize,
    /// Records whose bytes are no message that is known.
    pub undecodable_records: usize,
    pub damage: Damage,
}

/// # Errors
/// Bytes that do not begin as a `.wandb` file. All damage behind that is counted instead.
pub fn read(bytes: &[u8]) -> Result<OfflineFile> {
    let mut reader = framing::RecordReader::new(bytes)?;
    let mut file = OfflineFile::default();
    while let Some(record) = reader.next_record() {
        file.records += 1;
        match event::decode(&record) {
            Some(event) => file.events.push(event),
            None => file.undecodable_records += 1,
        }
    }
    file.chunks = reader.chunks;
    file.damage = reader.damage;
    Ok(file)
}

#[cfg(test)]
mod offline_tests;
