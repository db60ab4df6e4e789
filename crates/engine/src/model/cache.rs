//! Keys and values of what was fed so far: a tree of segments.

use super::decoder::Buffers;
use crate::kernels::attention::{QueryRun, Span};

/// A stretch of cached tokens; its tokens see those of its whole chain of parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(pub(crate) usize);

/// Tokens to append to one segment, and which of their logits are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Chunk<'a> {
    pub segment: SegmentId,
    pub tokens: &'a [u32],
    pub logits: LogitsOf<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogitsOf<'a> {
    Nothing,
    Last,
    /// Those of the last token, for these tokens of the vocabulary alone; the others are minus
    /// infinity.
    LastAmong(&'a [u32]),
    All,
}

struct Segment {
    parent: Option<SegmentId>,
    children: usize,
    /// Tokens in the chain above, when this segment was added.
    first_position: usize,
    len: usize,
    /// For each layer: keys and values, `[len, width]`.
    layers: Vec<(Vec<f32>, Vec<f32>)>,
}

/// The cache. Segments form a tree; ids of removed segments are used again.
pub struct KeyValueCache {
    layers: usize,
    width: usize,
    segments: Vec<Option<Segment>>,
    free: Vec<usize>,
    /// Working memory of passes over this cache.
    pub(super) buffers: Buffers,
}

impl KeyValueCache {
    pub(super) fn new(layers: usize, width: usize) -> Self {
        Self {
            layers,
            width,
            segments: Vec::new(),
            free: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// An empty segment whose tokens will see all that `parent`'s chain holds *now*; a parent
    /// must not grow or shrink while it has children.
    pub fn add_segment(&mut self, parent: Option<SegmentId>) -> SegmentId {
        let first_position = parent.map_or(0, |parent| self.next_position(parent));
        if let Some(parent) = parent {
            self.segment_mut(parent).children += 1;
        }
        let segment = Segment {
            parent,
            children: 0,
            first_position,
            len: 0,
            layers: vec![(Vec::new(), Vec::new()); self.layers],
        };
        match self.free.pop() {
            Some(index) => {
                self.segments[index] = Some(segment);
                SegmentId(index)
            }
            None => {
                self.segments.push(Some(segment));
                SegmentId(self.segments.len() - 1)
            }
        }
    }

    /// Tokens in this segment alone.
    pub fn len(&self, segment: SegmentId) -> usize {
        self.segment(segment).len
    }

    pub fn is_empty(&self, segment: SegmentId) -> bool {
        self.len(segment) == 0
    }

    /// Position the next token of the segment would take.
    pub fn next_position(&self, segment: SegmentId) -> usize {
        let segment = self.segment(segment);
        segment.first_position + segment.len
    }

    /// Forgets the segment's tokens from `len` on.
    pub fn truncate(&mut self, segment: SegmentId, len: usize) {
        let width = self.width;
        let segment = self.segment_mut(segment);
        debug_assert!(segment.children == 0, "a parent does not shrink");
        segment.len = segment.len.min(len);
        for (keys, values) in &mut segment.layers {
            keys.truncate(segment.len * width);
            values.truncate(segment.len * width);
        }
    }

    /// Frees the segment; it must have no children.
    pub fn remove(&mut self, segment: SegmentId) {
        debug_assert!(
            self.segment(segment).children == 0,
            "a parent outlives its children"
        );
        if let Some(parent) = self.segment(segment).parent {
            self.segment_mut(parent).children -= 1;
        }
        self.segments[segment.0] = None;
        self.free.push(segment.0);
    }

    fn segment(&self, id: SegmentId) -> &Segment {
        self.segments[id.0]
            .as_ref()
            .expect("ids come from add_segment and end with remove")
    }

    fn segment_mut(&mut self, id: SegmentId) -> &mut Segment {
        self.segments[id.0]
            .as_mut()
            .expect("ids come from add_segment and end with remove")
    }

    /// Stores one layer's keys and values of the chunks' tokens, `[tokens, width]` each. What a
    /// pass that broke off left behind is overwritten.
    pub(super) fn append(&mut self, layer: usize, chunks: &[Chunk<'_>], k: &[f32], v: &[f32]) {
        let width = self.width;
        let mut first = 0;
        for chunk in chunks {
            let range = first * width..(first + chunk.tokens.len()) * width;
            let segment = self.segment_mut(chunk.segment);
            debug_assert!(
                segment.children == 0 || chunk.tokens.is_empty(),
                "a parent does not grow"
            );
            let (keys, values) = &mut segment.layers[layer];
            keys.truncate(segment.len * width);
            values.truncate(segment.len * width);
            keys.extend_from_slice(&k[range.clone()]);
            values.extend_from_slice(&v[range]);
            first += chunk.tokens.len();
        }
    }

    /// Counts the chunks' tokens in, once all layers hold them.
    pub(super) fn commit(&mut self, chunks: &[Chunk<'_>]) {
        for chunk in chunks {
            self.segment_mut(chunk.segment).len += chunk.tokens.len();
        }
    }

    /// The chunks' tokens as queries over their chains, for one layer.
    pub(super) fn query_runs(&self, layer: usize, chunks: &[Chunk<'_>]) -> Vec<QueryRun<'_>> {
        let mut first = 0;
        let mut runs = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let rows = chunk.tokens.len();
            if rows > 0 {
                let mut spans = Vec::new();
                let mut next = Some(chunk.segment);
                while let Some(id) = next {
                    let segment = self.segment(id);
                    let (keys, values) = &segment.layers[layer];
                    if !keys.is_empty() {
                        spans.push(Span { keys, values });
                    }
                    next = segment.parent;
                }
                spans.reverse();
                runs.push(QueryRun { first, rows, spans });
            }
            first += rows;
        }
        runs
    }
}
