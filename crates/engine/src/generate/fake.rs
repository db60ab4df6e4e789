//! A tokenizer and a model for tests: small, deterministic, and strict about the cache's rules.

use std::collections::BTreeMap;

use super::backend::{Backend, Vocabulary};
use crate::Result;
use crate::model::{Chunk, LogitsOf, SegmentId};

/// All bytes (their ids are their values), some longer words as a tokenizer would have them,
/// and an end-of-text token. Digits stand alone.
pub(super) struct FakeVocabulary {
    words: Vec<Vec<u8>>,
}

const WORDS: [&str; 12] = [
    "{\"", "\":", ",\"", "\"}", "}}", "ener", "energy", "warm", "warmth", "\":\"", "\",\"", "abc",
];

impl FakeVocabulary {
    pub fn new() -> Self {
        let bytes = (0..=255).map(|byte| vec![byte]);
        Self {
            words: bytes
                .chain(WORDS.iter().map(|word| word.as_bytes().to_vec()))
                .collect(),
        }
    }

    pub fn eos(&self) -> u32 {
        self.words.len() as u32
    }
}

impl Vocabulary for FakeVocabulary {
    fn size(&self) -> usize {
        self.words.len() + 1
    }

    /// Always the longest word.
    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let mut rest = text.as_bytes();
        let mut tokens = Vec::new();
        while !rest.is_empty() {
            let fitting = self
                .words
                .iter()
                .enumerate()
                .filter(|(_, word)| rest.starts_with(word));
            let (token, word) = fitting
                .max_by_key(|(_, word)| word.len())
                .expect("all bytes are there");
            tokens.push(token as u32);
            rest = &rest[word.len()..];
        }
        Ok(tokens)
    }

    fn decode(&self, tokens: &[u32]) -> Result<String> {
        let bytes: Vec<u8> = tokens
            .iter()
            .filter_map(|&token| self.bytes(token))
            .flatten()
            .collect();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn bytes(&self, token: u32) -> Option<Vec<u8>> {
        self.words.get(token as usize).cloned()
    }
}

/// Logits that depend on every token of the context and its place.
pub(super) fn hashed_logits(context: &[u32], seed: u64, size: usize, spread: f32) -> Vec<f32> {
    let hash = context
        .iter()
        .fold(mix(seed), |hash, &token| mix(hash ^ u64::from(token)));
    (0..size as u64)
        .map(|token| (mix(hash ^ (token << 32)) >> 40) as f32 / (1u64 << 24) as f32 * spread)
        .collect()
}

/// SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

struct Segment {
    parent: Option<usize>,
    /// Length of the parent when this one began.
    seen: usize,
    tokens: Vec<u32>,
    children: usize,
}

pub(super) struct FakeBackend {
    seed: u64,
    segments: BTreeMap<usize, Segment>,
    next: usize,
    pub longest: usize,
    /// Chunks and tokens of each pass.
    pub passes: Vec<(usize, usize)>,
}

impl FakeBackend {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            segments: BTreeMap::new(),
            next: 0,
            longest: 4_096,
            passes: Vec::new(),
        }
    }

    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    pub fn tokens_fed(&self) -> usize {
        self.passes.iter().map(|(_, tokens)| tokens).sum()
    }

    pub fn feed(&mut self, segment: SegmentId, tokens: &[u32]) {
        self.extend(&[Chunk {
            segment,
            tokens,
            logits: LogitsOf::Nothing,
        }])
        .unwrap();
    }

    /// All that the segment's last token has seen.
    pub fn text(&self, segment: SegmentId) -> Vec<u32> {
        let own = &self.segments[&segment.0];
        let mut text = own
            .parent
            .map_or(Vec::new(), |parent| self.text(SegmentId(parent)));
        text.extend(&own.tokens);
        text
    }
}

impl Backend for FakeBackend {
    fn vocab_size(&self) -> usize {
        FakeVocabulary::new().size() + 3
    }

    fn max_position_embeddings(&self) -> usize {
        self.longest
    }

    fn add_segment(&mut self, parent: Option<SegmentId>) -> SegmentId {
        let seen = parent.map_or(0, |parent| {
            let parent = self
                .segments
                .get_mut(&parent.0)
                .expect("the parent is there");
            parent.children += 1;
            parent.tokens.len()
        });
        let parent = parent.map(|parent| parent.0);
        self.segments.insert(
            self.next,
            Segment {
                parent,
                seen,
                tokens: Vec::new(),
                children: 0,
            },
        );
        self.next += 1;
        SegmentId(self.next - 1)
    }

    fn truncate(&mut self, segment: SegmentId, len: usize) {
        let segment = self
            .segments
            .get_mut(&segment.0)
            .expect("the segment is there");
        assert!(segment.children == 0 && len <= segment.tokens.len());
        segment.tokens.truncate(len);
    }

    fn remove(&mut self, segment: SegmentId) {
        let removed = self
            .segments
            .remove(&segment.0)
            .expect("the segment is there");
        assert_eq!(removed.children, 0);
        if let Some(parent) = removed.parent {
            self.segments
                .get_mut(&parent)
                .expect("parents outlive children")
                .children -= 1;
        }
    }

    fn clear(&mut self) {
        self.segments.clear();
    }

    fn extend(&mut self, chunks: &[Chunk<'_>]) -> Result<Vec<Vec<f32>>> {
        let mut ids: Vec<usize> = chunks.iter().map(|chunk| chunk.segment.0).collect();
        ids.sort_unstable();
        ids.dedup();
        assert!(
            ids.len() == chunks.len() && !chunks.is_empty(),
            "a segment occurs once"
        );
        for chunk in chunks {
            assert!(!chunk.tokens.is_empty(), "no empty chunks");
            let segment = self
                .segments
                .get_mut(&chunk.segment.0)
                .expect("the segment is there");
            assert_eq!(segment.children, 0, "a parent does not grow");
            segment.tokens.extend(chunk.tokens);
            let (parent, seen) = (segment.parent, segment.seen);
            let complete = parent.is_none_or(|parent| self.segments[&parent].tokens.len() == seen);
            assert!(complete, "the parent is as it was");
        }
        self.passes.push((
            chunks.len(),
            chunks.iter().map(|chunk| chunk.tokens.len()).sum(),
        ));
        let size = self.vocab_size();
        let wanted = chunks
            .iter()
            .filter(|chunk| chunk.logits != LogitsOf::Nothing);
        Ok(wanted
            .map(|chunk| {
                let text = self.text(chunk.segment);
                assert!(
                    text.len() <= self.longest,
                    "no token lies beyond the last position"
                );
                let mut logits = hashed_logits(&text, self.seed, size, 12.0);
                if let LogitsOf::LastAmong(tokens) = chunk.logits {
                    for token in 0..size as u32 {
                        if !tokens.contains(&token) {
                            logits[token as usize] = f32::NEG_INFINITY;
                        }
                    }
                }
                logits
            })
            .collect())
    }
}
