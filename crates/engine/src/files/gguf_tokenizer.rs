//! A `tokenizer.json` rebuilt from GGUF metadata.
//!
//! GGUF names a pre-tokeniser instead of spelling it out; the expressions are those of the models'
//! own `tokenizer.json` (llama.cpp's `llama-vocab.cpp` has the same list).

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::gguf::{Header, Value as Metadata};
use super::tokenizer::{SpecialNames, Tokenizer};

pub(crate) const TOKEN_TYPE_CONTROL: i64 = 3;
const TOKEN_TYPE_UNKNOWN: i64 = 2;
const TOKEN_TYPE_USER_DEFINED: i64 = 4;
const TOKEN_TYPE_UNUSED: i64 = 5;

/// # Errors
/// A sentence that names the metadata at fault.
pub(crate) fn tokenizer(header: &Header) -> Result<Tokenizer, String> {
    let json = tokenizer_json(header)?;
    Tokenizer::from_json(json.to_string().as_bytes(), special_names(header))
}

fn special_names(header: &Header) -> SpecialNames {
    let texts = header.texts("tokenizer.ggml.tokens").unwrap_or_default();
    let name = |key: &str| {
        let id = header.integer(&format!("tokenizer.ggml.{key}_token_id"))?;
        texts.get(usize::try_from(id).ok()?).cloned()
    };
    SpecialNames {
        bos: name("bos"),
        eos: name("eos"),
        pad: name("padding"),
        unk: name("unknown"),
    }
}

fn tokenizer_json(header: &Header) -> Result<Value, String> {
    let kind = header
        .text("tokenizer.ggml.model")
        .ok_or("metadata tokenizer.ggml.model is missing")?;
    let texts = header
        .texts("tokenizer.ggml.tokens")
        .ok_or("metadata tokenizer.ggml.tokens is missing")?;
    if texts.is_empty() {
        return Err("metadata tokenizer.ggml.tokens is empty".into());
    }
    let types: &[i64] = match header.metadata.get("tokenizer.ggml.token_type") {
        None => &[],
        Some(Metadata::Integers(types)) if types.len() == texts.len() => types,
        Some(_) => {
            return Err(
                "metadata tokenizer.ggml.token_type does not have one number a token".into(),
            );
        }
    };
    let kind_of = |id: usize| types.get(id).copied().unwrap_or(1);

    let mut vocabulary = Map::new();
    let mut added = Vec::new();
    for (id, text) in texts.iter().enumerate() {
        if vocabulary.contains_key(text) || kind_of(id) == TOKEN_TYPE_UNUSED {
            continue;
        }
        vocabulary.insert(text.clone(), id.into());
        let special = matches!(kind_of(id), TOKEN_TYPE_CONTROL | TOKEN_TYPE_UNKNOWN);
        if (special || kind_of(id) == TOKEN_TYPE_USER_DEFINED) && !text.is_empty() {
            added.push(json!({"id": id, "content": text, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": special}));
        }
    }
    let parts = match kind {
        "gpt2" => byte_level(header, vocabulary)?,
        "llama" => sentence_piece(header, texts, &kind_of, vocabulary)?,
        other => {
            return Err(format!(
                "tokenizer model {other:?} is not supported (gpt2 and llama are)"
            ));
        }
    };
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": parts.normalizer,
        "pre_tokenizer": parts.pre_tokenizer,
        "post_processor": begin_of_text(header),
        "decoder": parts.decoder,
        "model": parts.model,
    }))
}

struct Parts {
    normalizer: Value,
    pre_tokenizer: Value,
    decoder: Value,
    model: Value,
}

fn byte_level(header: &Header, vocabulary: Map<String, Value>) -> Result<Parts, String> {
    let lines = header
        .texts("tokenizer.ggml.merges")
        .ok_or("metadata tokenizer.ggml.merges is missing")?;
    let mut merges = Vec::with_capacity(lines.len());
    for (row, line) in lines.iter().enumerate() {
        // A space at the very start belongs to the first part.
        let cut = line
            .char_indices()
            .skip(1)
            .find(|(_, character)| *character == ' ');
        let (at, _) = cut.ok_or_else(|| {
            format!("merge {row} of tokenizer.ggml.merges is {line:?}, not two parts")
        })?;
        merges.push(json!([line[..at], line[at + 1..]]));
    }
    let pre = PreTokenizer::named(header.text("tokenizer.ggml.pre").unwrap_or("default"))?;
    Ok(Parts {
        normalizer: if pre == PreTokenizer::Qwen2 {
            json!({"type": "NFC"})
        } else {
            Value::Null
        },
        pre_tokenizer: pre.json(),
        decoder: json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}),
        model: json!({
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": false, "byte_fallback": false, "ignore_merges": pre.ignores_merges(), "vocab": vocabulary, "merges": merges,
        }),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PreTokenizer {
    Gpt2,
    /// GPT-2 with every digit apart.
    SingleDigits,
    Llama3,
    Qwen2,
    Tekken,
}

impl PreTokenizer {
    fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "default" | "gpt-2" | "phi-2" => Self::Gpt2,
            "smollm" | "starcoder" | "refact" => Self::SingleDigits,
            "llama-bpe" | "llama3" | "llama-v3" => Self::Llama3,
            "qwen2" | "deepseek-r1-qwen" => Self::Qwen2,
            "tekken" => Self::Tekken,
            other => {
                return Err(format!(
                    "pre-tokeniser {other:?} is not supported (gpt-2, smollm, starcoder, llama-bpe, qwen2 and tekken are); use the model's Hugging Face directory"
                ));
            }
        })
    }

    fn ignores_merges(self) -> bool {
        matches!(self, Self::Llama3 | Self::Tekken)
    }

    fn json(self) -> Value {
        let bytes = |regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": regex});
        let split = |pattern: &str| {
            let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false});
            json!({"type": "Sequence", "pretokenizers": [split, bytes(false)]})
        };
        match self {
            Self::Gpt2 => bytes(true),
            Self::SingleDigits => {
                json!({"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, bytes(true)]})
            }
            Self::Llama3 => split(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            ),
            Self::Qwen2 => split(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            ),
            Self::Tekken => split(
                r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            ),
        }
    }
}

/// SentencePiece BPE: the order of merges is that of the scores, as
/// `transformers/convert_slow_tokenizer.py` (`generate_merges`) derives it.
fn sentence_piece(
    header: &Header,
    texts: &[String],
    kind_of: &dyn Fn(usize) -> i64,
    vocabulary: Map<String, Value>,
) -> Result<Parts, String> {
    let scores = match header.metadata.get("tokenizer.ggml.scores") {
        Some(Metadata::Floats(scores))
            if scores.len() == texts.len() && scores.iter().all(|score| !score.is_nan()) =>
        {
            scores
        }
        _ => return Err("metadata tokenizer.ggml.scores does not have one number a token".into()),
    };
    let mergeable = |id: usize| kind_of(id) == 1;
    let ids: HashMap<&str, usize> = texts
        .iter()
        .enumerate()
        .filter(|(id, _)| mergeable(*id))
        .map(|(id, text)| (text.as_str(), id))
        .collect();
    let mut seen = HashSet::new();
    let mut merges: Vec<(usize, &str, &str)> = Vec::new();
    for (id, text) in texts.iter().enumerate().filter(|(id, text)| {
        mergeable(*id) && text.len() <= 256 && ids.get(text.as_str()) == Some(id)
    }) {
        let cuts = text.char_indices().skip(1).map(|(at, _)| text.split_at(at));
        let mut own: Vec<_> = cuts
            .filter(|(left, right)| ids.contains_key(left) && ids.contains_key(right))
            .collect();
        own.sort_by_key(|(left, right)| (ids[left], ids[right]));
        merges.extend(
            own.into_iter()
                .filter(|pair| seen.insert(*pair))
                .map(|(left, right)| (id, left, right)),
        );
    }
    merges.sort_by(|one, other| {
        let lengths = |merge: &(usize, &str, &str)| {
            (
                Reverse(merge.1.chars().count()),
                Reverse(merge.2.chars().count()),
            )
        };
        scores[other.0]
            .total_cmp(&scores[one.0])
            .then_with(|| lengths(one).cmp(&lengths(other)))
    });
    let merges: Vec<Value> = merges
        .into_iter()
        .map(|(_, left, right)| json!([left, right]))
        .collect();

    let prefix = header
        .bool("tokenizer.ggml.add_space_prefix")
        .unwrap_or(true);
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
    let normalizers = if prefix {
        vec![json!({"type": "Prepend", "prepend": "▁"}), replace]
    } else {
        vec![replace]
    };
    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let unknown = special_names(header)
        .unk
        .filter(|text| vocabulary.contains_key(text));
    Ok(Parts {
        normalizer: json!({"type": "Sequence", "normalizers": normalizers}),
        pre_tokenizer: Value::Null,
        decoder: json!({"type": "Sequence", "decoders": decoders}),
        model: json!({
            "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": true, "byte_fallback": true, "ignore_merges": false, "vocab": vocabulary, "merges": merges,
        }),
    })
}

/// Other programs that load the written `tokenizer.json` expect the BOS where the model wants one.
fn begin_of_text(header: &Header) -> Value {
    let id = header
        .integer("tokenizer.ggml.bos_token_id")
        .filter(|_| header.bool("tokenizer.ggml.add_bos_token") == Some(true));
    let Some((id, text)) = id.zip(special_names(header).bos) else {
        return Value::Null;
    };
    let begin = json!({"SpecialToken": {"id": text, "type_id": 0}});
    let sequence = |name: &str| json!({"Sequence": {"id": name, "type_id": 0}});
    json!({
        "type": "TemplateProcessing",
        "single": [begin, sequence("A")],
        "pair": [begin, sequence("A"), sequence("B")],
        "special_tokens": {text.clone(): {"id": text, "ids": [id], "tokens": [text]}},
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{GgufBuilder, tiny_gguf_with};
    use super::*;

    fn build(change: impl Fn(&mut GgufBuilder)) -> Result<Tokenizer, String> {
        let bytes = tiny_gguf_with(change);
        tokenizer(&Header::parse(&bytes[..], bytes.len() as u64).unwrap())
    }

    #[test]
    fn all_named_pre_tokenisers_compile() {
        for name in ["default", "smollm", "llama-bpe", "qwen2", "tekken"] {
            let tokenizer = build(|builder| builder.set_text("tokenizer.ggml.pre", name)).unwrap();
            assert_eq!(
                tokenizer.encode("ab c", false).unwrap(),
                [5, 6, 4],
                "{name}"
            );
        }
        assert!(
            build(|builder| builder.set_text("tokenizer.ggml.pre", "other"))
                .err()
                .unwrap()
                .contains("\"other\"")
        );
    }

    #[test]
    fn a_sentence_piece_vocabulary_merges_by_score() {
        let tokenizer = build(|builder| {
            builder.set_text("tokenizer.ggml.model", "llama");
            builder.texts(
                "tokenizer.ggml.tokens",
                &[
                    "<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab", "<0xC3>", "<0xA9>",
                ],
            );
            builder.i32s("tokenizer.ggml.token_type", &[2, 3, 3, 1, 1, 1, 1, 1, 6, 6]);
            let mut scores = 6u32.to_le_bytes().to_vec();
            scores.extend_from_slice(&10u64.to_le_bytes());
            (0..10).for_each(|at| scores.extend_from_slice(&(-(at as f32)).to_le_bytes()));
            builder.raw("tokenizer.ggml.scores", 9, &scores);
            builder.set_u32("tokenizer.ggml.unknown_token_id", 0);
        })
        .unwrap();
        assert_eq!(tokenizer.encode("ab aé", false).unwrap(), [7, 3, 4, 8, 9]);
        assert_eq!(tokenizer.decode(&[7, 3, 4, 8, 9]).unwrap(), "ab aé");
        assert_eq!(tokenizer.token_bytes(8).unwrap(), [0xc3]);
    }

    #[test]
    fn metadata_that_do_not_fit_are_errors() {
        assert!(
            build(|b| b.i32s("tokenizer.ggml.token_type", &[1]))
                .err()
                .unwrap()
                .contains("token_type")
        );
        assert!(
            build(|b| b.texts("tokenizer.ggml.merges", &["ab"]))
                .err()
                .unwrap()
                .contains("two parts")
        );
        assert!(build(|b| b.texts("tokenizer.ggml.merges", &["a zzz"])).is_err());
        assert!(
            build(|b| b.set_text("tokenizer.ggml.model", "t5"))
                .err()
                .unwrap()
                .contains("\"t5\"")
        );
    }
}
