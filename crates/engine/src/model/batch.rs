//! Several texts as one tree of tokens: what they share stands once.

/// A stretch of tokens that follow one another. Its tokens see those of `parent`'s whole chain
/// of runs and, causally, themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// First slot of the run in [`TokenTree::tokens`].
    pub start: usize,
    pub len: usize,
    /// Index of the run this one continues; always smaller than its own index.
    pub parent: Option<usize>,
}

/// Packed tokens. Runs lie one after another, in order, and cover all slots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenTree {
    pub tokens: Vec<u32>,
    /// Position of each token within its own text, from 0.
    pub positions: Vec<u32>,
    pub runs: Vec<Run>,
}

impl TokenTree {
    /// Appends a run and gives its index. Positions go on from the end of `parent`.
    pub fn push_run(&mut self, parent: Option<usize>, tokens: &[u32]) -> usize {
        let start = self.tokens.len();
        let mut last = parent;
        while let Some(run) = last.map(|run| &self.runs[run]).filter(|run| run.len == 0) {
            last = run.parent;
        }
        let first = last.map_or(0, |run| {
            let run = &self.runs[run];
            self.positions[run.start + run.len - 1] + 1
        });
        self.tokens.extend_from_slice(tokens);
        self.positions
            .extend((0..tokens.len() as u32).map(|offset| first + offset));
        self.runs.push(Run {
            start,
            len: tokens.len(),
            parent,
        });
        self.runs.len() - 1
    }
}

/// A place where the model is asked for a token: the logits after slot `index` should favour
/// `token`; the loss there counts `weight` times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    pub index: usize,
    pub token: u32,
    pub weight: f32,
}
