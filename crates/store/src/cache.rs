//! Open segments: their footers and handles, as many as fit a fixed budget.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::segment::Segment;
use crate::state::SegmentFile;
use crate::{Error, Result};

/// Handles kept open.
const MAX_OPEN: usize = 256;
/// A page's entry in a footer takes about 150 bytes, so this is about 30 MB.
const MAX_PAGES: usize = 200_000;

#[derive(Debug, Default)]
pub struct SegmentCache {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    segments: HashMap<u64, Entry>,
    pages: usize,
    clock: u64,
}

#[derive(Debug)]
struct Entry {
    segment: Arc<Segment>,
    /// Gone when nobody can ask for the segment any more.
    file: Weak<SegmentFile>,
    pages: usize,
    last_use: u64,
}

impl SegmentCache {
    pub fn open(&self, file: &Arc<SegmentFile>) -> Result<Arc<Segment>> {
        if let Some(known) = self.known(file.reference.id) {
            return Ok(known);
        }
        // Opened without the lock, so that readers do not wait for each other's disk.
        let source =
            File::open(&file.path).map_err(|source| Error::io("opening", &file.path, source))?;
        let segment = Segment::open(Box::new(source), file.path.clone())?;
        if segment.footer.rows != file.reference.rows
            || segment.footer.first_offset != file.reference.first_offset
        {
            let problem = "the segment holds other rows than the log says";
            return Err(Error::damaged(&file.path, 0, problem));
        }
        let segment = Arc::new(segment);
        self.keep(file, segment.clone());
        Ok(segment)
    }

    /// Lets go of files that were removed, whose room the disk has only then.
    pub fn forget_removed(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.segments
            .retain(|_, entry| entry.file.strong_count() > 0);
        open.pages = open.segments.values().map(|entry| entry.pages).sum();
    }

    fn known(&self, id: u64) -> Option<Arc<Segment>> {
        // Nothing is half done when a holder of the lock panics.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clock += 1;
        let clock = open.clock;
        let entry = open.segments.get_mut(&id)?;
        entry.last_use = clock;
        Some(entry.segment.clone())
    }

    fn keep(&self, file: &Arc<SegmentFile>, segment: Arc<Segment>) {
        let pages = segment
            .footer
            .columns
            .iter()
            .map(|column| column.page_count())
            .sum();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clock += 1;
        let last_use = open.clock;
        let entry = Entry {
            segment,
            file: Arc::downgrade(file),
            pages,
            last_use,
        };
        open.pages += pages;
        if let Some(old) = open.segments.insert(file.reference.id, entry) {
            open.pages -= old.pages;
        }
        while open.segments.len() > MAX_OPEN || open.pages > MAX_PAGES && open.segments.len() > 1 {
            let oldest = open.segments.iter().min_by_key(|(_, entry)| entry.last_use);
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                break;
            };
            if let Some(entry) = open.segments.remove(&oldest) {
                open.pages -= entry.pages;
            }
        }
    }
}
