//! The packed tree of one pass as the kernels see it.

use super::TokenTree;
use super::decoder::Decoder;
use crate::kernels::elementwise::Rotation;

/// The tree as the kernels see it.
pub(super) struct Geometry {
    /// Ranges of slots (start, length) from each run's root down to itself.
    pub chains: Vec<Vec<(usize, usize)>>,
    /// Where each run's keys start among all runs' keys, and how many there are in all.
    pub key_offsets: Vec<usize>,
    pub keys: usize,
    pub queries: Rotation,
    pub key_rotation: Option<Rotation>,
}

impl Geometry {
    pub(super) fn new(decoder: &Decoder, tree: &TokenTree) -> Self {
        let mut chains: Vec<Vec<(usize, usize)>> = Vec::with_capacity(tree.runs.len());
        for run in &tree.runs {
            let mut chain = run
                .parent
                .map(|parent| chains[parent].clone())
                .unwrap_or_default();
            chain.push((run.start, run.len));
            chains.push(chain);
        }
        // An empty run has no queries; its descendants see its ancestors all the same.
        let chains: Vec<_> = chains
            .into_iter()
            .filter(|chain| chain.last().is_some_and(|(_, len)| *len > 0))
            .map(|chain| {
                chain
                    .into_iter()
                    .filter(|(_, len)| *len > 0)
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut keys = 0;
        let key_offsets = chains
            .iter()
            .map(|chain| {
                let offset = keys;
                keys += chain.iter().map(|(_, len)| len).sum::<usize>();
                offset
            })
            .collect();
        let (queries, key_rotation) = decoder.rotary.at(&tree.positions, &decoder.config);
        Self {
            chains,
            key_offsets,
            keys,
            queries,
            key_rotation,
        }
    }

    pub(super) fn rotations(&self) -> (&Rotation, &Rotation) {
        (
            &self.queries,
            self.key_rotation.as_ref().unwrap_or(&self.queries),
        )
    }
}
