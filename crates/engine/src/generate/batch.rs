//! Many requests at once: every pass over the weights advances all that are in flight.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Instant;

use crate::model::{Chunk, LogitsOf, SegmentId};
use crate::{Error, Result};

use super::backend::Backend;
use super::prefix::{NodeId, PrefixCache, shared_boundaries};
use super::request::{Decoding, Move, Rules};
use super::sampling::Sampler;
use super::{Completion, FinishReason};

/// Prompt tokens kept between calls; requests in flight come on top.
pub(super) const CACHED_TOKENS: usize = 4_096;
/// Tokens of one pass, so that long prompts do not need memory for all of them at once.
const MAX_TOKENS_A_PASS: usize = 1_024;
/// With more requests in flight, a pass is bound by arithmetic rather than by reading weights,
/// and tokens that may turn out unwanted cost more than another pass.
const MAX_REQUESTS_TO_FEED_AHEAD: usize = 3;

pub(super) struct Scheduler<B> {
    pub backend: B,
    cache: PrefixCache,
    rules: Rules,
}

/// A request in flight.
struct Slot {
    index: usize,
    started: Instant,
    decoding: Decoding,
    /// Where its own segments begin in the shared tree; pinned.
    node: Option<NodeId>,
    depth: usize,
    /// Its own segments, each a child of the one before. Empty: it waits for a shared prefix.
    segments: Vec<SegmentId>,
    /// Tokens to append to the last segment.
    queue: Vec<u32>,
    /// Tokens whose logits matter after the queue; `None`: all.
    wanted: Option<Vec<u32>>,
    /// Ways to go on that are being tried, children of the last segment.
    branches: Vec<Branch>,
    /// Branches before this one have been fed and told to the decoding.
    branches_seen: usize,
    /// The prompt has been computed to its end.
    prompt_fed: bool,
}

struct Branch {
    segment: SegmentId,
    tokens: Vec<u32>,
    /// Tokens whose logits matter after it; `None`: all.
    wanted: Option<Vec<u32>>,
    logits: Vec<f32>,
}

/// What a chunk of a pass belongs to.
#[derive(Clone, Copy)]
enum Part {
    Prefix(NodeId),
    Queue(usize),
    Branch(usize, usize),
}

struct Feed<'a> {
    part: Part,
    segment: SegmentId,
    tokens: Vec<u32>,
    logits: LogitsOf<'a>,
}

/// What remains of a feed once its pass is over.
struct Fed {
    part: Part,
    tokens: usize,
    wants_logits: bool,
}

impl Fed {
    fn of(feed: Feed<'_>) -> Self {
        Self {
            part: feed.part,
            tokens: feed.tokens.len(),
            wants_logits: feed.logits != LogitsOf::Nothing,
        }
    }
}

fn last(wanted: Option<&[u32]>) -> LogitsOf<'_> {
    wanted.map_or(LogitsOf::Last, LogitsOf::LastAmong)
}

type OnDone<'a> = &'a mut dyn FnMut(usize, &Completion) -> ControlFlow<()>;

impl<B: Backend> Scheduler<B> {
    pub fn new(backend: B, rules: Rules) -> Self {
        Self {
            backend,
            rules,
            cache: PrefixCache::new(CACHED_TOKENS),
        }
    }

    pub fn generate(
        &mut self,
        prompts: &[Vec<u32>],
        on_done: OnDone<'_>,
    ) -> Result<Vec<Option<Completion>>> {
        self.check(prompts)?;
        let mut completions = vec![None; prompts.len()];
        let outcome = self.run(prompts, &mut completions, on_done);
        if !matches!(outcome, Ok(ControlFlow::Continue(()))) {
            // Requests were left in the middle.
            self.cache.clear();
            self.backend.clear();
        }
        outcome.map(|_| completions)
    }

    fn check(&self, prompts: &[Vec<u32>]) -> Result<()> {
        let (longest, vocabulary) = (
            self.backend.max_position_embeddings(),
            self.backend.vocab_size(),
        );
        for (index, prompt) in prompts.iter().enumerate() {
            let problem = if prompt.is_empty() {
                "is empty; it needs at least one token".to_owned()
            } else if prompt.len() > longest {
                format!(
                    "is {} tokens long and the model takes {longest}; shorten it",
                    prompt.len()
                )
            } else if let Some(token) = prompt.iter().find(|&&token| token as usize >= vocabulary) {
                format!(
                    "holds token {token} and the model's vocabulary ends at {vocabulary}; use the model's own tokenizer"
                )
            } else {
                continue;
            };
            return Err(Error::Configuration(format!(
                "prompt {index} (from 0) {problem}"
            )));
        }
        Ok(())
    }

    fn run(
        &mut self,
        prompts: &[Vec<u32>],
        completions: &mut [Option<Completion>],
        on_done: OnDone<'_>,
    ) -> Result<ControlFlow<()>> {
        let slices: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let boundaries = shared_boundaries(&slices);
        let mut occurrences: HashMap<&[u32], u64> = HashMap::new();
        let mut waiting = slices.iter().enumerate();
        let mut slots: Vec<Slot> = Vec::new();
        loop {
            let free = self.rules.options.batch_size - slots.len();
            for (index, prompt) in waiting.by_ref().take(free) {
                let occurrence = occurrences.entry(prompt).or_default();
                slots.push(self.admit(index, prompt, *occurrence));
                *occurrence += 1;
            }
            if slots.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            let mut done = Vec::new();
            for (position, slot) in slots.iter_mut().enumerate() {
                if let Some(reason) = self.place(slot, prompts, &boundaries)? {
                    done.push((position, reason));
                }
            }
            let feeds = self.feeds(&slots);
            let mut results = self.pass(&feeds)?.into_iter();
            let fed: Vec<Fed> = feeds.into_iter().map(Fed::of).collect();
            let feed_ahead = slots.len() <= MAX_REQUESTS_TO_FEED_AHEAD;
            for feed in fed {
                let logits = if feed.wants_logits {
                    results.next()
                } else {
                    None
                };
                match feed.part {
                    Part::Prefix(node) => self.cache.fed(node, feed.tokens),
                    Part::Branch(position, branch) => {
                        slots[position].branches[branch].logits = logits.unwrap_or_default()
                    }
                    Part::Queue(position) => {
                        slots[position].queue.drain(..feed.tokens);
                        if let Some(logits) = logits {
                            slots[position].prompt_fed = true;
                            let step =
                                slots[position]
                                    .decoding
                                    .next(&self.rules, &logits, feed_ahead)?;
                            let finished =
                                self.carry_out(&mut slots[position], step, feed_ahead)?;
                            done.extend(finished.map(|reason| (position, reason)));
                        }
                    }
                }
            }
            for (position, slot) in slots.iter_mut().enumerate() {
                let finished = self.read_branches(slot, feed_ahead)?;
                done.extend(finished.map(|reason| (position, reason)));
            }
            done.sort_by_key(|&(position, _)| std::cmp::Reverse(position));
            let mut finished: Vec<(Slot, FinishReason)> = done
                .into_iter()
                .map(|(position, reason)| (slots.remove(position), reason))
                .collect();
            finished.reverse();
            for (slot, reason) in finished {
                let index = slot.index;
                let completion = self.finish(slot, &prompts[index], reason)?;
                let flow = on_done(index, &completion);
                completions[index] = Some(completion);
                if flow.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }

    fn admit(&self, index: usize, prompt: &[u32], occurrence: u64) -> Slot {
        let options = &self.rules.options;
        let sampler = Sampler::new(
            options.temperature,
            options.top_p,
            options.top_k,
            options.seed,
            prompt,
            occurrence,
        );
        let room = self.backend.max_position_embeddings() - prompt.len();
        Slot {
            index,
            started: Instant::now(),
            decoding: Decoding::new(&self.rules, sampler, room),
            node: None,
            depth: 0,
            segments: Vec::new(),
            queue: Vec::new(),
            wanted: None,
            branches: Vec::new(),
            branches_seen: 0,
            prompt_fed: false,
        }
    }

    /// Gives a request that has none its segment, once what it shares with others is computed.
    fn place(
        &mut self,
        slot: &mut Slot,
        prompts: &[Vec<u32>],
        boundaries: &[Vec<usize>],
    ) -> Result<Option<FinishReason>> {
        if !slot.segments.is_empty() {
            return Ok(None);
        }
        let prompt = &prompts[slot.index];
        self.cache.unpin(slot.node);
        let place = self
            .cache
            .locate(&mut self.backend, prompt, &boundaries[slot.index]);
        (slot.node, slot.depth) = (place.node, place.depth);
        if !place.ready {
            return Ok(None);
        }
        let parent = slot.node.map(|node| self.cache.segment(node));
        slot.segments.push(self.backend.add_segment(parent));
        slot.queue.extend(&prompt[slot.depth..]);
        let start = slot.decoding.start(&self.rules)?;
        self.carry_out(slot, start, false)
    }

    /// Does what a decoding asks for, up to where the model is needed.
    fn carry_out(
        &mut self,
        slot: &mut Slot,
        step: Move,
        feed_ahead: bool,
    ) -> Result<Option<FinishReason>> {
        let mut step = step;
        loop {
            match step {
                Move::Finish(reason) => {
                    slot.queue.clear();
                    return Ok(Some(reason));
                }
                Move::Explore(ways) => {
                    let parent = slot.segments.last().copied();
                    for tokens in ways {
                        slot.branches.push(Branch {
                            segment: self.backend.add_segment(parent),
                            wanted: slot.decoding.wanted_after(&tokens)?,
                            tokens,
                            logits: Vec::new(),
                        });
                    }
                    return Ok(None);
                }
                Move::Extend(tokens) => {
                    let Some(logits) = self.go_on(slot, tokens) else {
                        slot.wanted = slot.decoding.wanted_after(&[])?;
                        return Ok(None);
                    };
                    step = slot.decoding.next(&self.rules, &logits, feed_ahead)?;
                }
            }
        }
    }

    /// Takes the branch that leads furthest along `tokens`, drops the others, queues the rest.
    /// Gives the logits if nothing is left to feed.
    fn go_on(&mut self, slot: &mut Slot, tokens: Vec<u32>) -> Option<Vec<f32>> {
        let branches = std::mem::take(&mut slot.branches);
        slot.branches_seen = 0;
        let fits = |branch: &Branch| tokens.starts_with(&branch.tokens);
        let furthest = branches
            .iter()
            .filter(|branch| fits(branch))
            .map(|branch| branch.tokens.len())
            .max();
        let mut fed = 0;
        let mut logits = None;
        for branch in branches {
            if fed == 0 && fits(&branch) && Some(branch.tokens.len()) == furthest {
                fed = branch.tokens.len();
                slot.segments.push(branch.segment);
                logits = Some(branch.logits);
            } else {
                self.backend.remove(branch.segment);
            }
        }
        slot.queue.extend(&tokens[fed..]);
        logits.filter(|_| fed == tokens.len())
    }

    /// Tells a decoding what its branches gave, if they were in the last pass.
    fn read_branches(&mut self, slot: &mut Slot, feed_ahead: bool) -> Result<Option<FinishReason>> {
        let new = &slot.branches[slot.branches_seen..];
        if new.is_empty() || new.iter().any(|branch| branch.logits.is_empty()) {
            return Ok(None);
        }
        let logits: Vec<&[f32]> = new.iter().map(|branch| branch.logits.as_slice()).collect();
        let step = slot.decoding.explored(&self.rules, &logits, feed_ahead)?;
        slot.branches_seen = slot.branches.len();
        self.carry_out(slot, step, feed_ahead)
    }

    /// What the next pass holds, in a fixed order.
    fn feeds<'a>(&self, slots: &'a [Slot]) -> Vec<Feed<'a>> {
        let mut room = MAX_TOKENS_A_PASS;
        let mut feeds = Vec::new();
        let mut add = |part, segment, tokens: &[u32], logits: LogitsOf<'a>| {
            let len = tokens.len().min(room);
            if len > 0 {
                room -= len;
                let logits = if len == tokens.len() {
                    logits
                } else {
                    LogitsOf::Nothing
                };
                feeds.push(Feed {
                    part,
                    segment,
                    tokens: tokens[..len].to_vec(),
                    logits,
                });
            }
        };
        for (node, segment, tokens) in self.cache.unfilled() {
            add(Part::Prefix(node), segment, tokens, LogitsOf::Nothing);
        }
        for (position, slot) in slots.iter().enumerate() {
            if let Some(&segment) = slot.segments.last() {
                let logits = last(slot.wanted.as_deref());
                add(Part::Queue(position), segment, &slot.queue, logits);
            }
        }
        // These are few tokens, and are fed whole.
        for (position, slot) in slots.iter().enumerate() {
            for (index, branch) in slot.branches.iter().enumerate().skip(slot.branches_seen) {
                let (part, tokens) = (Part::Branch(position, index), branch.tokens.clone());
                feeds.push(Feed {
                    part,
                    segment: branch.segment,
                    tokens,
                    logits: last(branch.wanted.as_deref()),
                });
            }
        }
        feeds
    }

    fn pass(&mut self, feeds: &[Feed<'_>]) -> Result<Vec<Vec<f32>>> {
        if feeds.is_empty() {
            return Ok(Vec::new());
        }
        let chunks: Vec<Chunk<'_>> = feeds
            .iter()
            .map(|feed| Chunk {
                segment: feed.segment,
                tokens: &feed.tokens,
                logits: feed.logits,
            })
            .collect();
        self.backend.extend(&chunks)
    }

    /// Frees what a request holds, but for its prompt, which stays in the shared tree.
    fn finish(
        &mut self,
        mut slot: Slot,
        prompt: &[u32],
        reason: FinishReason,
    ) -> Result<Completion> {
        for branch in slot.branches.drain(..) {
            self.backend.remove(branch.segment);
        }
        for segment in slot.segments.drain(1..).rev() {
            self.backend.remove(segment);
        }
        self.cache.unpin(slot.node);
        let own = &prompt[slot.depth..prompt.len() - 1];
        for segment in slot.segments {
            if slot.prompt_fed {
                self.backend.truncate(segment, own.len());
                self.cache.adopt(&mut self.backend, slot.node, segment, own);
            } else {
                self.backend.remove(segment);
            }
        }
        Ok(Completion {
            text: self.rules.text(&slot.decoding.tokens)?,
            prompt_tokens: prompt.len(),
            completion_tokens: slot.decoding.tokens.len(),
            forced_tokens: slot.decoding.forced_tokens,
            median_fallbacks: slot.decoding.median_fallbacks,
            finish_reason: reason,
            wall_secs: slot.started.elapsed().as_secs_f64(),
        })
    }
}
