//! What prompts share, computed once: a tree of token runs, each with its segment of the
//! key–value cache, kept from call to call up to a budget.

use crate::model::SegmentId;

use super::backend::Backend;

/// Runs shorter than this are not shared: a branch costs a pass of its own before the rest.
const MIN_SHARED_RUN: usize = 8;
/// Tokens that a shared run must save over all prompts of a call.
const MIN_SAVED: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(usize);

struct Node {
    segment: SegmentId,
    tokens: Vec<u32>,
    /// How many of the tokens the model has seen. Complete before it has children.
    filled: usize,
    parent: Option<NodeId>,
    children: Vec<NodeId>,
    /// Requests that stand on this node or below it.
    pins: usize,
    last_used: u64,
}

/// Where a prompt's own segment begins.
pub(super) struct Place {
    /// `None`: at the root.
    pub node: Option<NodeId>,
    /// Prompt tokens that lie above.
    pub depth: usize,
    /// Whether all of them have been computed.
    pub ready: bool,
}

pub(super) struct PrefixCache {
    nodes: Vec<Option<Node>>,
    roots: Vec<NodeId>,
    max_tokens: usize,
    clock: u64,
}

impl PrefixCache {
    pub fn new(max_tokens: usize) -> Self {
        Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            max_tokens,
            clock: 0,
        }
    }

    pub fn clear(&mut self) {
        self.nodes.clear();
        self.roots.clear();
    }

    pub fn segment(&self, node: NodeId) -> SegmentId {
        self.node(node).segment
    }

    /// Finds the longest part of `prompt` that is there, and makes the node up to the next of
    /// `boundaries` (which are to be shared) if it is not. The last token always stays with the
    /// request: its logits are needed. Pins the place.
    pub fn locate(
        &mut self,
        backend: &mut impl Backend,
        prompt: &[u32],
        boundaries: &[usize],
    ) -> Place {
        self.clock += 1;
        let shareable = &prompt[..prompt.len() - 1];
        let mut place = Place {
            node: None,
            depth: 0,
            ready: true,
        };
        while let Some((child, run)) = self.best_child(place.node, &shareable[place.depth..]) {
            if run < self.node(child).tokens.len() {
                self.cut(backend, child, run);
            }
            self.node_mut(child).last_used = self.clock;
            place = Place {
                node: Some(child),
                depth: place.depth + run,
                ready: self.is_filled(child),
            };
            if !place.ready {
                break;
            }
        }
        let boundary = boundaries
            .iter()
            .copied()
            .find(|&boundary| boundary > place.depth);
        if let (true, Some(boundary)) = (place.ready, boundary) {
            let parent = place.node;
            let segment = backend.add_segment(parent.map(|parent| self.segment(parent)));
            let node = self.insert(parent, segment, &shareable[place.depth..boundary], 0);
            place = Place {
                node: Some(node),
                depth: boundary,
                ready: false,
            };
        }
        self.change_pins(place.node, |pins| pins + 1);
        place
    }

    pub fn unpin(&mut self, node: Option<NodeId>) {
        self.change_pins(node, |pins| pins - 1);
    }

    /// Nodes that wait to be computed, each with its segment and what is left to feed.
    pub fn unfilled(&self) -> impl Iterator<Item = (NodeId, SegmentId, &[u32])> {
        let nodes = self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| Some((NodeId(index), node.as_ref()?)));
        nodes
            .filter(|(_, node)| node.filled < node.tokens.len())
            .map(|(id, node)| (id, node.segment, &node.tokens[node.filled..]))
    }

    pub fn fed(&mut self, node: NodeId, tokens: usize) {
        self.node_mut(node).filled += tokens;
    }

    /// Keeps a request's own segment, which holds exactly `tokens`, for later prompts.
    pub fn adopt(
        &mut self,
        backend: &mut impl Backend,
        parent: Option<NodeId>,
        segment: SegmentId,
        tokens: &[u32],
    ) {
        let known = self
            .children(parent)
            .iter()
            .any(|&child| self.node(child).tokens.starts_with(tokens));
        if tokens.is_empty() || known {
            backend.remove(segment);
            return;
        }
        self.insert(parent, segment, tokens, tokens.len());
        self.evict(backend);
    }

    /// Drops the least recently used leaves until the rest is within the budget.
    fn evict(&mut self, backend: &mut impl Backend) {
        let mut total: usize = self
            .nodes
            .iter()
            .flatten()
            .map(|node| node.tokens.len())
            .sum();
        while total > self.max_tokens {
            let nodes = self
                .nodes
                .iter()
                .enumerate()
                .filter_map(|(index, node)| Some((index, node.as_ref()?)));
            let leaves = nodes.filter(|(_, node)| node.pins == 0 && node.children.is_empty());
            let Some((index, _)) = leaves.min_by_key(|(_, node)| node.last_used) else {
                return;
            };
            total -= self.node(NodeId(index)).tokens.len();
            self.remove_leaf(backend, NodeId(index));
        }
    }

    /// The child that shares most with `rest`, and how much: all of the child's tokens, or so
    /// many that cutting the child pays and nobody stands on it.
    fn best_child(&self, parent: Option<NodeId>, rest: &[u32]) -> Option<(NodeId, usize)> {
        let shared = self.children(parent).iter().filter_map(|&child| {
            let node = self.node(child);
            let run = common_prefix(&node.tokens, rest);
            let usable = run == node.tokens.len() || (node.pins == 0 && run >= MIN_SHARED_RUN);
            usable.then_some((child, run))
        });
        shared.max_by_key(|&(_, run)| run)
    }

    /// Leaves the first `len` tokens of a node, without its children.
    fn cut(&mut self, backend: &mut impl Backend, node: NodeId, len: usize) {
        let mut below = self.node(node).children.clone();
        let mut next = 0;
        while next < below.len() {
            below.extend(self.node(below[next]).children.clone());
            next += 1;
        }
        for child in below.into_iter().rev() {
            self.remove_leaf(backend, child);
        }
        backend.truncate(self.segment(node), len);
        let node = self.node_mut(node);
        node.tokens.truncate(len);
        node.filled = len;
    }

    fn remove_leaf(&mut self, backend: &mut impl Backend, id: NodeId) {
        if let Some(node) = self.nodes[id.0].take() {
            backend.remove(node.segment);
            let siblings = match node.parent {
                Some(parent) => &mut self.node_mut(parent).children,
                None => &mut self.roots,
            };
            siblings.retain(|&sibling| sibling != id);
        }
    }

    fn insert(
        &mut self,
        parent: Option<NodeId>,
        segment: SegmentId,
        tokens: &[u32],
        filled: usize,
    ) -> NodeId {
        let node = Node {
            segment,
            tokens: tokens.to_vec(),
            filled,
            parent,
            children: Vec::new(),
            pins: 0,
            last_used: self.clock,
        };
        let id = match self.nodes.iter().position(Option::is_none) {
            Some(free) => NodeId(free),
            None => {
                self.nodes.push(None);
                NodeId(self.nodes.len() - 1)
            }
        };
        self.nodes[id.0] = Some(node);
        match parent {
            Some(parent) => self.node_mut(parent).children.push(id),
            None => self.roots.push(id),
        }
        id
    }

    fn change_pins(&mut self, mut node: Option<NodeId>, change: fn(usize) -> usize) {
        while let Some(id) = node {
            let entry = self.node_mut(id);
            entry.pins = change(entry.pins);
            node = entry.parent;
        }
    }

    fn is_filled(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.filled == node.tokens.len()
    }

    fn children(&self, parent: Option<NodeId>) -> &[NodeId] {
        parent.map_or(&self.roots, |parent| &self.node(parent).children)
    }

    fn node(&self, id: NodeId) -> &Node {
        self.nodes[id.0]
            .as_ref()
            .expect("ids are given up with their nodes")
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.nodes[id.0]
            .as_mut()
            .expect("ids are given up with their nodes")
    }
}

/// For each prompt, after how many tokens it should branch off from others of the same call.
pub(super) fn shared_boundaries(prompts: &[&[u32]]) -> Vec<Vec<usize>> {
    let shareable = |index: usize| &prompts[index][..prompts[index].len() - 1];
    let mut order: Vec<usize> = (0..prompts.len()).collect();
    order.sort_by_key(|&index| shareable(index));
    let neighbours = order
        .windows(2)
        .map(|pair| common_prefix(shareable(pair[0]), shareable(pair[1])));
    let shared: Vec<usize> = neighbours.collect();

    let mut boundaries = vec![Vec::new(); prompts.len()];
    // Ranges of `order` and the depth that their prompts already share.
    let mut groups = vec![(0, order.len(), 0)];
    while let Some((start, end, mut depth)) = groups.pop() {
        let Some(&least) = shared
            .get(start..end.saturating_sub(1))
            .unwrap_or_default()
            .iter()
            .min()
        else {
            continue;
        };
        let run = least - depth;
        if run >= MIN_SHARED_RUN && run * (end - start - 1) >= MIN_SAVED {
            order[start..end]
                .iter()
                .for_each(|&index| boundaries[index].push(least));
            depth = least;
        }
        let mut first = start;
        for last in start..end {
            if last + 1 == end || shared[last] == least {
                groups.push((first, last + 1, depth));
                first = last + 1;
            }
        }
    }
    boundaries
}

fn common_prefix(left: &[u32], right: &[u32]) -> usize {
    left.iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeBackend;
    use super::*;

    fn prompt(parts: &[(u32, usize)]) -> Vec<u32> {
        parts
            .iter()
            .flat_map(|&(token, times)| std::iter::repeat_n(token, times))
            .collect()
    }

    fn fill(cache: &mut PrefixCache) {
        let open: Vec<(NodeId, usize)> = cache
            .unfilled()
            .map(|(node, _, rest)| (node, rest.len()))
            .collect();
        open.into_iter()
            .for_each(|(node, len)| cache.fed(node, len));
    }

    #[test]
    fn boundaries_lie_where_prompts_part() {
        let prompts = [
            prompt(&[(1, 20), (2, 10), (3, 9)]),
            prompt(&[(9, 40)]),
            prompt(&[(1, 20), (2, 10), (4, 9)]),
            prompt(&[(1, 20), (5, 9)]),
        ];
        let slices: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        // Ten tokens that two prompts share are not worth a pass.
        assert_eq!(
            shared_boundaries(&slices),
            [vec![20], vec![], vec![20], vec![20]]
        );
        let same = [slices[0], slices[0], slices[0]];
        assert_eq!(shared_boundaries(&same), [vec![38], vec![38], vec![38]]);
        assert_eq!(shared_boundaries(&[slices[0]]), [Vec::<usize>::new()]);
        assert!(shared_boundaries(&[]).is_empty());
    }

    #[test]
    fn nested_boundaries_are_in_order() {
        let mut prompts: Vec<Vec<u32>> = (0..4)
            .map(|tail| prompt(&[(1, 20), (2, 20), (10 + tail, 3)]))
            .collect();
        prompts.extend((0..4).map(|tail| prompt(&[(1, 20), (3, 20), (10 + tail, 3)])));
        let slices: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        assert!(
            shared_boundaries(&slices)
                .iter()
                .all(|boundaries| boundaries == &[20, 40])
        );
    }

    #[test]
    fn a_later_prompt_cuts_a_leaf_where_it_parts_from_it() {
        let mut backend = FakeBackend::new(3);
        let mut cache = PrefixCache::new(1_000);
        let first = prompt(&[(1, 20), (2, 10)]);
        let place = cache.locate(&mut backend, &first, &[]);
        assert!(place.ready && place.depth == 0);
        let segment = backend.add_segment(None);
        backend.feed(segment, &first[..29]);
        cache.unpin(place.node);
        cache.adopt(&mut backend, None, segment, &first[..29]);

        let second = prompt(&[(1, 20), (3, 10)]);
        let place = cache.locate(&mut backend, &second, &[]);
        assert_eq!((place.depth, place.ready), (20, true));
        assert_eq!(
            backend.text(cache.segment(place.node.unwrap())),
            &first[..20]
        );
        // While someone stands there, nobody cuts it again.
        let third = prompt(&[(1, 12), (4, 10)]);
        assert_eq!(cache.locate(&mut backend, &third, &[]).depth, 0);
    }

    #[test]
    fn prompts_of_one_batch_wait_for_the_same_node() {
        let mut backend = FakeBackend::new(3);
        let mut cache = PrefixCache::new(1_000);
        let prompts = [prompt(&[(1, 20), (2, 10)]), prompt(&[(1, 20), (3, 10)])];
        let places: Vec<Place> = prompts
            .iter()
            .map(|prompt| cache.locate(&mut backend, prompt, &[20]))
            .collect();
        assert!(places.iter().all(|place| !place.ready && place.depth == 20));
        assert_eq!(places[0].node, places[1].node);
        assert_eq!(cache.unfilled().count(), 1);
        fill(&mut cache);
        places.into_iter().for_each(|place| cache.unpin(place.node));
        let place = cache.locate(&mut backend, &prompts[1], &[20]);
        assert!(place.ready && place.depth == 20);
    }

    #[test]
    fn the_least_recently_used_leaf_goes_first() {
        let mut backend = FakeBackend::new(3);
        let mut cache = PrefixCache::new(50);
        let prompts: Vec<Vec<u32>> = (1..=3).map(|token| prompt(&[(token, 21)])).collect();
        for tokens in [&prompts[0], &prompts[1], &prompts[0], &prompts[2]] {
            let place = cache.locate(&mut backend, tokens, &[]);
            cache.unpin(place.node);
            if place.depth == 0 {
                let segment = backend.add_segment(None);
                backend.feed(segment, &tokens[..20]);
                cache.adopt(&mut backend, None, segment, &tokens[..20]);
            }
        }
        let depths: Vec<usize> = [0, 2, 1]
            .into_iter()
            .map(|index| cache.locate(&mut backend, &prompts[index], &[]).depth)
            .collect();
        assert_eq!(depths, [20, 20, 0]);
        assert_eq!(backend.segments(), 2);
    }
}
