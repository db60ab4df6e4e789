//! The liveness canary: does this adapter change what the base answers, and does merging it keep
//! those answers?

use std::path::Path;

use super::{AdapterFiles, BaseCheck, MergedWeights, read_adapter_files};
use crate::files::writer::WeightType;
use crate::files::{Message, ModelFiles, ModelIdentity};
use crate::model::{Chunk, Decoder, LoadOptions, LogitsOf, Module, PackedAdapter, Precision};
use crate::{Error, Result};

/// Neutral requests of several kinds; what is compared is only whether answers move.
const PROMPTS: [&str; 4] = [
    "Name one colour of the sky.",
    "Describe a calm piano piece for a rainy evening as a JSON object with six numbers from 0 to 10.",
    "静かな夜のための音楽を一つ提案してください。",
    "Count from one to five.",
];
const ANSWER_TOKENS: usize = 12;
/// A change of logits below this share of the largest logit is rounding, not an adapter.
const DEAD_BELOW: f32 = 1e-6;
/// Merged weights may move logits by this share of the largest logit (f32 sums in another order) ...
pub const MERGED_TOLERANCE: f32 = 1e-3;
/// ... and by this share of what the adapter does: some processors multiply A and B as bf16.
pub const MERGED_TOLERANCE_OF_CHANGE: f32 = 2e-2;

/// What the check found. `alive` is true only when `problems` is empty.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CheckReport {
    pub alive: bool,
    /// Each names a cause.
    pub problems: Vec<String>,
    pub base: ModelIdentity,
    pub adapter_sha256: String,
    pub base_check: BaseCheck,
    pub note: Option<String>,
    pub r: usize,
    pub scale: f32,
    pub target_modules: Vec<String>,
    pub layers: usize,
    pub parameters: usize,
    /// (layer, module) pairs whose B is all zero, out of `pairs`.
    pub zero_pairs: usize,
    pub pairs: usize,
    pub prompts: usize,
    /// Prompts whose greedy answer is another one with the adapter.
    pub answers_changed: usize,
    pub largest_logit: f32,
    /// Between with and without, over all positions.
    pub largest_logit_change: f32,
    /// Between merged and adapter, over all positions.
    pub largest_merged_difference: f32,
    /// Allowed for that: [`MERGED_TOLERANCE`] × `largest_logit` +
    /// [`MERGED_TOLERANCE_OF_CHANGE`] × `largest_logit_change`.
    pub merged_tolerance: f32,
    pub answers: Vec<AnswerPair>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AnswerPair {
    pub prompt: String,
    pub without_adapter: String,
    pub with_adapter: String,
}

impl CheckReport {
    /// The problems as an error.
    ///
    /// # Errors
    /// [`Error::AdapterDead`] when the adapter is not alive.
    pub fn into_result(self) -> Result<Self> {
        if self.alive {
            Ok(self)
        } else {
            Err(Error::AdapterDead(self.problems.join("; ")))
        }
    }
}

/// Runs the check with f32 weights, one model in memory at a time.
///
/// # Errors
/// The adapter can't be read or belongs to another base; see [`read_adapter_files`].
pub fn check(
    files: &ModelFiles,
    adapter_directory: &Path,
    threads: Option<usize>,
) -> Result<CheckReport> {
    let adapter = read_adapter_files(adapter_directory, &files.identity, &files.config)?;
    let options = LoadOptions {
        threads,
        precision: Precision::F32,
    };
    let prompts = PROMPTS.map(|prompt| Message {
        role: "user".into(),
        content: prompt.into(),
    });
    let prompts: Vec<Vec<u32>> = prompts
        .iter()
        .map(|message| {
            files
                .chat_template
                .tokens(&files.tokenizer, std::slice::from_ref(message), true)
        })
        .collect::<Result<_>>()?;

    let decoder = Decoder::load(&files.config, files.weights.as_ref(), &options)?;
    let packed = decoder.pack_adapter(&adapter.adapter)?;
    let mut answers = Vec::new();
    let mut texts = Vec::new();
    let mut logits = Vec::new();
    let mut difference = Difference::default();
    for (prompt, tokens) in PROMPTS.iter().zip(&prompts) {
        let without = greedy(&decoder, None, tokens)?;
        let with = greedy(&decoder, Some(&packed), tokens)?;
        // The same text for all arms: prompt and the adapter's own answer.
        let text = [tokens.as_slice(), &with].concat();
        let with_logits = all_logits(&decoder, Some(&packed), &text)?;
        difference.add(&all_logits(&decoder, None, &text)?, &with_logits);
        answers.push(AnswerPair {
            prompt: (*prompt).into(),
            without_adapter: files.tokenizer.decode(&without)?,
            with_adapter: files.tokenizer.decode(&with)?,
        });
        texts.push((text, without != with));
        logits.push(with_logits);
    }
    drop((decoder, packed));

    let merged = Decoder::load(
        &files.config,
        &MergedWeights::new(files.weights.as_ref(), &adapter.adapter, WeightType::F32),
        &options,
    )?;
    let mut merged_difference = Difference::default();
    for ((text, _), with_logits) in texts.iter().zip(&logits) {
        merged_difference.add(with_logits, &all_logits(&merged, None, text)?);
    }
    let answers_changed = texts.iter().filter(|(_, changed)| *changed).count();
    Ok(report(
        files,
        &adapter,
        difference,
        merged_difference,
        answers_changed,
        answers,
    ))
}

fn report(
    files: &ModelFiles,
    adapter: &AdapterFiles,
    difference: Difference,
    merged: Difference,
    answers_changed: usize,
    answers: Vec<AnswerPair>,
) -> CheckReport {
    let config = &adapter.adapter.config;
    let zero_pairs = adapter
        .adapter
        .weights
        .values()
        .filter(|pair| pair.b.iter().all(|b| *b == 0.0))
        .count();
    let pairs = adapter.adapter.weights.len();
    let merged_tolerance = MERGED_TOLERANCE * difference.largest_value
        + MERGED_TOLERANCE_OF_CHANGE * difference.largest_change;
    let mut problems = Vec::new();
    if difference.largest_change <= DEAD_BELOW * difference.largest_value {
        problems.push(format!(
            "answers are the same with and without the adapter: {}",
            cause(adapter, zero_pairs, pairs)
        ));
    }
    if merged.largest_change > merged_tolerance {
        problems.push(format!(
            "merging changes the answers: logits differ by up to {}, {merged_tolerance} is allowed; the adapter's numbers are too large for f32 sums",
            merged.largest_change
        ));
    }
    CheckReport {
        alive: problems.is_empty(),
        problems,
        base: files.identity.clone(),
        adapter_sha256: adapter.sha256.clone(),
        base_check: adapter.base_check,
        note: adapter.note.clone(),
        r: config.r,
        scale: config.scale(),
        target_modules: config
            .modules
            .iter()
            .map(|module: &Module| module.name().to_string())
            .collect(),
        layers: config.layers.len(),
        parameters: adapter.adapter.parameter_count(),
        zero_pairs,
        pairs,
        prompts: answers.len(),
        answers_changed,
        largest_logit: difference.largest_value,
        largest_logit_change: difference.largest_change,
        largest_merged_difference: merged.largest_change,
        merged_tolerance,
        answers,
    }
}

fn cause(adapter: &AdapterFiles, zero_pairs: usize, pairs: usize) -> String {
    if zero_pairs == pairs {
        "every lora_B is zero, so it was never trained or its weights were lost when it was saved"
            .into()
    } else if adapter.adapter.config.scale() == 0.0 {
        "its scale is 0 (lora_alpha is 0)".into()
    } else {
        format!(
            "its largest change of a logit is below rounding ({zero_pairs} of {pairs} lora_B are zero)"
        )
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Difference {
    largest_value: f32,
    largest_change: f32,
}

impl Difference {
    /// Both hold finite numbers only.
    fn add(&mut self, one: &[Vec<f32>], other: &[Vec<f32>]) {
        for (one, other) in one.iter().flatten().zip(other.iter().flatten()) {
            self.largest_value = self.largest_value.max(one.abs()).max(other.abs());
            self.largest_change = self.largest_change.max((one - other).abs());
        }
    }
}

/// Logits after each token of `text`.
fn all_logits(
    decoder: &Decoder,
    adapter: Option<&PackedAdapter>,
    text: &[u32],
) -> Result<Vec<Vec<f32>>> {
    let mut cache = decoder.new_cache();
    let segment = cache.add_segment(None);
    let logits = decoder.extend(
        adapter,
        &mut cache,
        &[Chunk {
            segment,
            tokens: text,
            logits: LogitsOf::All,
        }],
    )?;
    match logits.iter().flatten().all(|logit| logit.is_finite()) {
        true => Ok(logits),
        false => Err(Error::NotFinite(format!(
            "logits {} the adapter are not finite; its weights are broken",
            if adapter.is_some() { "with" } else { "without" }
        ))),
    }
}

fn greedy(decoder: &Decoder, adapter: Option<&PackedAdapter>, prompt: &[u32]) -> Result<Vec<u32>> {
    let mut cache = decoder.new_cache();
    let segment = cache.add_segment(None);
    let mut answer: Vec<u32> = Vec::new();
    while answer.len() < ANSWER_TOKENS {
        let tokens = answer.last().map_or(prompt, std::slice::from_ref);
        let logits = decoder.extend(
            adapter,
            &mut cache,
            &[Chunk {
                segment,
                tokens,
                logits: LogitsOf::Last,
            }],
        )?;
        let logits = logits.first().map(Vec::as_slice).unwrap_or_default();
        let best = logits
            .iter()
            .enumerate()
            .max_by(|one, other| one.1.total_cmp(other.1))
            .map_or(0, |(token, _)| token as u32);
        answer.push(best);
        if decoder.config().eos_token_ids.contains(&best) {
            break;
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::open_model;
    use crate::files::test_files::write_tiny_gguf;
    use crate::lora::write_adapter;
    use crate::model::{Adapter, AdapterConfig};

    fn check_with(b: f32, alpha: f32) -> CheckReport {
        let directory = tempfile::tempdir().unwrap();
        let files = open_model(&write_tiny_gguf(directory.path())).unwrap();
        let config = AdapterConfig {
            r: 2,
            alpha,
            dropout: 0.0,
            modules: Module::ALL.to_vec(),
            layers: vec![0],
            rank_stabilised: false,
        };
        let mut adapter = Adapter::initialise(config, &files.config, 3);
        adapter.weights.values_mut().for_each(|pair| {
            pair.b
                .iter_mut()
                .enumerate()
                .for_each(|(at, value)| *value = b * (at % 3) as f32)
        });
        let path = directory.path().join("adapter");
        write_adapter(&path, &adapter, &files.identity, &files.config).unwrap();
        check(&files, &path, Some(1)).unwrap()
    }

    #[test]
    fn a_trained_adapter_is_alive() {
        let report = check_with(0.5, 4.0).into_result().unwrap();
        assert!(report.largest_logit_change > 0.01, "{report:?}");
        assert!(report.largest_merged_difference <= report.merged_tolerance);
        assert_eq!((report.prompts, report.zero_pairs, report.pairs), (4, 0, 7));
        assert_eq!(report.base_check, BaseCheck::Hash);
    }

    #[test]
    fn a_dead_adapter_is_an_error_that_names_the_cause() {
        let untrained = check_with(0.0, 4.0).into_result().unwrap_err().to_string();
        assert!(untrained.contains("every lora_B is zero"), "{untrained}");
        let unscaled = check_with(0.5, 0.0).into_result().unwrap_err().to_string();
        assert!(unscaled.contains("scale is 0"), "{unscaled}");
    }
}
