//! The decoder's inference interface.

use std::sync::Arc;

use super::{Adapter, ModelConfig, WeightSource};
use crate::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// bf16 weights where the checkpoint's own precision is no finer or the processor multiplies
    /// bf16, else f32.
    #[default]
    Auto,
    F32,
    Bf16,
}

#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `None`: all cores of the machine.
    pub threads: Option<usize>,
    pub precision: Precision,
}

/// A model ready to run: packed weights and the thread pool they run on. Cheap to share (`Arc`).
pub struct Decoder {
    config: ModelConfig,
}

/// A stretch of cached keys and values; segments form a tree as runs do in a `TokenTree`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentId(pub(crate) usize);

/// Keys and values of everything fed so far.
pub struct KeyValueCache {}

/// Tokens to append to one segment, and which of their logits are wanted.
pub struct Chunk<'a> {
    pub segment: SegmentId,
    pub tokens: &'a [u32],
    pub logits: LogitsOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogitsOf {
    Nothing,
    Last,
    All,
}

/// An adapter in the form the kernels read.
pub struct PackedAdapter {}

impl Decoder {
    pub fn load(
        _config: &ModelConfig,
        _source: &dyn WeightSource,
        _options: &LoadOptions,
    ) -> Result<Self> {
        todo!()
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    pub fn threads(&self) -> usize {
        todo!()
    }

    /// Prepares an adapter for use with [`Self::extend`].
    pub fn pack_adapter(&self, _adapter: &Adapter) -> Result<Arc<PackedAdapter>> {
        todo!()
    }

    pub fn new_cache(&self) -> KeyValueCache {
        todo!()
    }

    /// Appends each chunk's tokens to its segment (all chunks in one pass over the weights; one
    /// segment may occur only once) and gives the wanted logits, `vocab_size` numbers a token,
    /// in the order of chunks and tokens.
    ///
    /// # Errors
    /// A token outside the vocabulary.
    pub fn extend(
        &self,
        _adapter: Option<&PackedAdapter>,
        _cache: &mut KeyValueCache,
        _chunks: &[Chunk<'_>],
    ) -> Result<Vec<Vec<f32>>> {
        todo!()
    }
}

impl KeyValueCache {
    /// An empty segment whose tokens will see all that `parent`'s chain holds *now*; a parent
    /// must not grow or shrink while it has children.
    pub fn add_segment(&mut self, _parent: Option<SegmentId>) -> SegmentId {
        todo!()
    }

    /// Tokens in this segment alone.
    pub fn len(&self, _segment: SegmentId) -> usize {
        todo!()
    }

    /// Position the next token of the segment would take.
    pub fn next_position(&self, _segment: SegmentId) -> usize {
        todo!()
    }

    /// Forgets the segment's tokens from `len` on.
    pub fn truncate(&mut self, _segment: SegmentId, _len: usize) {
        todo!()
    }

    /// Frees the segment; it must have no children.
    pub fn remove(&mut self, _segment: SegmentId) {
        todo!()
    }
}
