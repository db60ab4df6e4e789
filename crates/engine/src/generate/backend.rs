//! What generation needs of a model and of a tokenizer, so that the logic can be tested with
//! ones that fit in a few lines.

use std::sync::Arc;

use crate::Result;
use crate::files::Tokenizer;
use crate::model::{Chunk, Decoder, KeyValueCache, PackedAdapter, SegmentId};

/// A model with its cache. The rules for segments are those of [`KeyValueCache`].
pub(super) trait Backend {
    fn vocab_size(&self) -> usize;
    fn max_position_embeddings(&self) -> usize;
    fn add_segment(&mut self, parent: Option<SegmentId>) -> SegmentId;
    fn truncate(&mut self, segment: SegmentId, len: usize);
    fn remove(&mut self, segment: SegmentId);
    fn clear(&mut self);
    fn extend(&mut self, chunks: &[Chunk<'_>]) -> Result<Vec<Vec<f32>>>;
}

pub(super) struct DecoderBackend {
    decoder: Arc<Decoder>,
    adapter: Option<Arc<PackedAdapter>>,
    cache: KeyValueCache,
}

impl DecoderBackend {
    pub fn new(decoder: Arc<Decoder>, adapter: Option<Arc<PackedAdapter>>) -> Self {
        let cache = decoder.new_cache();
        Self {
            decoder,
            adapter,
            cache,
        }
    }
}

impl Backend for DecoderBackend {
    fn vocab_size(&self) -> usize {
        self.decoder.config().vocab_size
    }

    fn max_position_embeddings(&self) -> usize {
        self.decoder.config().max_position_embeddings
    }

    fn add_segment(&mut self, parent: Option<SegmentId>) -> SegmentId {
        self.cache.add_segment(parent)
    }

    fn truncate(&mut self, segment: SegmentId, len: usize) {
        self.cache.truncate(segment, len);
    }

    fn remove(&mut self, segment: SegmentId) {
        self.cache.remove(segment);
    }

    fn clear(&mut self) {
        self.cache = self.decoder.new_cache();
    }

    fn extend(&mut self, chunks: &[Chunk<'_>]) -> Result<Vec<Vec<f32>>> {
        self.decoder
            .extend(self.adapter.as_deref(), &mut self.cache, chunks)
    }
}

/// Text to tokens and back.
pub(super) trait Vocabulary: Send + Sync {
    fn size(&self) -> usize;
    /// Special tokens in `text` are plain text.
    fn encode(&self, text: &str) -> Result<Vec<u32>>;
    fn decode(&self, tokens: &[u32]) -> Result<String>;
    /// `None` for special tokens and unused ids.
    fn bytes(&self, token: u32) -> Option<Vec<u8>>;
}

impl Vocabulary for Tokenizer {
    fn size(&self) -> usize {
        self.vocab_size()
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        Tokenizer::encode(self, text, false)
    }

    fn decode(&self, tokens: &[u32]) -> Result<String> {
        Tokenizer::decode(self, tokens)
    }

    fn bytes(&self, token: u32) -> Option<Vec<u8>> {
        self.token_bytes(token)
    }
}
