//! The engine against transformers, peft and gguf, on values that `parity/write_goldens.py` recorded.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on should say where"
)]

mod support;

use gradus_engine::files::dequantise::{BlockFormat, dequantise};
use gradus_engine::files::tokenizer::SpecialNames;
use gradus_engine::files::writer::WeightType;
use gradus_engine::files::{ChatTemplate, Message, open_model};
use gradus_engine::lora::{merge, read_adapter_files};
use gradus_engine::model::{Chunk, LogitsOf, Target, TokenTree, TrainingSession};
use serde_json::Value;
use support::{
    Golden, Setting, decoder, ids, largest_difference, logits, numbers, path, setting, tensors,
};

/// Directories with an adapter and its gradients.
const FAMILIES: [&str; 8] = [
    "llama",
    "llama_bias_f16",
    "llama_rope3",
    "mistral",
    "ministral3",
    "llama_yarn",
    "qwen2",
    "qwen3",
];
/// Other files, and the directory that holds their golden values.
const MORE: [(&str, &str); 5] = [
    ("ministral3_fp8", "ministral3_fp8"),
    ("llama.gguf", "llama"),
    ("llama_rope3.gguf", "llama_rope3"),
    ("ministral3.gguf", "ministral3"),
    ("qwen2.gguf", "qwen2"),
];
const LOGITS: f32 = 1e-4;
const LOSS: f64 = 1e-4;
const GRADIENT: f32 = 1e-3;

#[test]
fn logits_are_those_of_transformers() {
    let own = FAMILIES.map(|name| (name, name));
    for (name, golden) in own.into_iter().chain(MORE) {
        let files = open_model(&path(name)).unwrap();
        let golden = Golden::of(golden);
        let difference = largest_difference(
            &logits(&decoder(&files), None, &golden.tokens),
            &golden.numbers("logits"),
        );
        assert!(
            difference <= LOGITS,
            "{name}: logits differ by {difference}"
        );
    }
}

#[test]
fn logits_with_an_adapter_are_those_of_peft() {
    for name in FAMILIES {
        let Setting {
            decoder,
            packed,
            golden,
            slack,
            ..
        } = setting(name);
        let actual = logits(&decoder, Some(&packed), &golden.tokens);
        let difference = largest_difference(&actual, &golden.numbers("adapter_logits"));
        assert!(
            difference <= LOGITS * slack,
            "{name}: logits differ by {difference}"
        );
    }
}

#[test]
fn greedy_answers_with_an_adapter_are_those_of_peft() {
    for name in FAMILIES {
        let Setting {
            decoder,
            packed,
            golden,
            ..
        } = setting(name);
        let start = golden.json["adapter_greedy_prompt"].as_u64().unwrap() as usize;
        let mut text = golden.tokens[..start].to_vec();
        for expected in ids(&golden.json["adapter_greedy"]) {
            let all = logits(&decoder, Some(&packed), &text);
            let last = &all[all.len() - decoder.config().vocab_size..];
            let best = (0..last.len())
                .max_by(|one, other| last[*one].total_cmp(&last[*other]))
                .unwrap();
            assert_eq!(best as u32, expected, "{name} after {} tokens", text.len());
            text.push(expected);
        }
    }
}

#[test]
fn losses_and_gradients_are_those_of_peft() {
    for name in FAMILIES {
        let Setting {
            decoder,
            adapter,
            golden,
            slack,
            ..
        } = setting(name);
        let (tree, targets) = golden.tree();
        let mut silent = adapter.clone();
        silent
            .weights
            .values_mut()
            .for_each(|pair| pair.b.fill(0.0));
        let base = TrainingSession::new(decoder.clone(), silent)
            .unwrap()
            .loss(&tree, &targets)
            .unwrap();
        let expected = golden.json["loss"].as_f64().unwrap();
        assert!(
            (base.mean().unwrap() - expected).abs() <= LOSS,
            "{name}: loss {:?}, expected {expected}",
            base.mean()
        );

        let mut session = TrainingSession::new(decoder, adapter.clone()).unwrap();
        let loss = session.forward_backward(&tree, &targets, None).unwrap();
        let expected = golden.json["adapter_loss"].as_f64().unwrap();
        let allowed = LOSS * f64::from(slack);
        assert!(
            (loss.mean().unwrap() - expected).abs() <= allowed,
            "{name}: loss {:?}, expected {expected}",
            loss.mean()
        );

        let gradient = session.gradient();
        let mut rest = gradient.as_slice();
        for ((layer, module), pair) in &adapter.weights {
            for (letter, len) in [('A', pair.a.len()), ('B', pair.b.len())] {
                let (own, others) = rest.split_at(len);
                rest = others;
                let prefix = "gradient.base_model.model.model.layers";
                let expected = golden.numbers(&format!(
                    "{prefix}.{layer}.{}.lora_{letter}.weight",
                    module.path()
                ));
                let own: Vec<f32> = own.iter().map(|sum| sum / targets.len() as f32).collect();
                let scale = expected
                    .iter()
                    .fold(0.0f32, |largest, value| largest.max(value.abs()));
                let difference = largest_difference(&own, &expected);
                let place = format!("{name}, layer {layer}, {}, {letter}", module.name());
                assert!(
                    scale > 0.0 && difference <= GRADIENT * slack.min(30.0) * scale,
                    "{place}: {difference} of {scale}"
                );
            }
        }
        assert!(rest.is_empty());
    }
}

#[test]
fn analytic_gradients_are_the_slopes_of_the_loss() {
    for name in FAMILIES {
        let Setting {
            decoder,
            adapter,
            golden,
            slack,
            ..
        } = setting(name);
        let (tree, targets) = golden.tree();
        let mut session = TrainingSession::new(decoder, adapter.clone()).unwrap();
        session.forward_backward(&tree, &targets, None).unwrap();
        // Along the gradient itself the slope is its norm, far above the rounding of the loss.
        let gradient = session.gradient();
        let norm = gradient
            .iter()
            .map(|g| f64::from(*g) * f64::from(*g))
            .sum::<f64>()
            .sqrt();
        let step = 1e-2 / norm;
        let mut loss_at = |distance: f64| {
            let mut moved = adapter.clone();
            let mut along = gradient.iter();
            for pair in moved.weights.values_mut() {
                for value in pair.a.iter_mut().chain(&mut pair.b) {
                    *value += (distance * f64::from(*along.next().unwrap())) as f32;
                }
            }
            session.set_adapter(&moved).unwrap();
            session.loss(&tree, &targets).unwrap().loss
        };
        let slope = (loss_at(step) - loss_at(-step)) / (2.0 * step);
        let expected = norm * norm;
        let allowed = 1e-2 * f64::from(slack.min(10.0)) * expected;
        assert!(
            (slope - expected).abs() <= allowed,
            "{name}: slope {slope}, gradient says {expected}"
        );
    }
}

#[test]
fn packed_rows_are_rows_apart() {
    for name in FAMILIES {
        let Setting {
            decoder,
            adapter,
            golden,
            ..
        } = setting(name);
        let prefix = &golden.tokens[..10];
        let rows = [&golden.tokens[10..26], &golden.tokens[20..40]];
        let mut apart = TrainingSession::new(decoder.clone(), adapter.clone()).unwrap();
        let mut loss_apart = 0.0;
        let mut packed = TokenTree::default();
        let shared = packed.push_run(None, prefix);
        let mut packed_targets = Vec::new();
        for row in rows {
            let run = packed.push_run(Some(shared), row);
            let start = packed.runs[run].start;
            let targets = |start: usize| {
                (1..row.len()).map(move |at| Target {
                    index: start + at - 1,
                    token: row[at],
                    weight: 1.0,
                })
            };
            packed_targets.extend(targets(start));
            let mut tree = TokenTree::default();
            tree.push_run(None, &[prefix, row].concat());
            let targets: Vec<Target> = targets(prefix.len()).collect();
            loss_apart += apart.forward_backward(&tree, &targets, None).unwrap().loss;
        }
        let mut together = TrainingSession::new(decoder, adapter).unwrap();
        let loss = together
            .forward_backward(&packed, &packed_targets, None)
            .unwrap()
            .loss;
        assert!(
            (loss - loss_apart).abs() <= 1e-4 * loss,
            "{name}: {loss} packed, {loss_apart} apart"
        );
        let (one, other) = (together.gradient(), apart.gradient());
        let scale = other
            .iter()
            .fold(0.0f32, |largest, value| largest.max(value.abs()));
        let difference = largest_difference(&one, &other);
        assert!(
            difference <= 1e-3 * scale,
            "{name}: gradients differ by {difference} of {scale}"
        );
    }
}

#[test]
fn text_fed_in_chunks_is_text_fed_whole() {
    for name in FAMILIES {
        let Setting {
            decoder,
            packed,
            golden,
            ..
        } = setting(name);
        let whole = logits(&decoder, Some(&packed), &golden.tokens);
        let mut cache = decoder.new_cache();
        let prefix = cache.add_segment(None);
        let mut pieces = Vec::new();
        let (first, rest) = golden.tokens.split_at(11);
        for tokens in first.chunks(4) {
            pieces.push(
                decoder
                    .extend(
                        Some(&packed),
                        &mut cache,
                        &[Chunk {
                            segment: prefix,
                            tokens,
                            logits: LogitsOf::All,
                        }],
                    )
                    .unwrap(),
            );
        }
        let tail = cache.add_segment(Some(prefix));
        for tokens in rest.chunks(7) {
            pieces.push(
                decoder
                    .extend(
                        Some(&packed),
                        &mut cache,
                        &[Chunk {
                            segment: tail,
                            tokens,
                            logits: LogitsOf::All,
                        }],
                    )
                    .unwrap(),
            );
        }
        let pieces: Vec<f32> = pieces.concat().concat();
        let difference = largest_difference(&whole, &pieces);
        assert!(
            difference <= LOGITS,
            "{name}: logits differ by {difference}"
        );
    }
}

#[test]
fn a_merged_model_answers_as_base_and_adapter() {
    for name in FAMILIES {
        let Setting { files, golden, .. } = setting(name);
        let read = read_adapter_files(&path(name).join("adapter"), &files.identity, &files.config)
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("merged");
        merge(&files, &read, &out, Some(WeightType::F32)).unwrap();
        let merged = open_model(&out).unwrap();
        assert_eq!(merged.config, files.config, "{name}");
        let difference = largest_difference(
            &logits(&decoder(&merged), None, &golden.tokens),
            &golden.numbers("adapter_logits"),
        );
        assert!(
            difference <= LOGITS,
            "{name}: logits differ by {difference}"
        );
    }
}

#[test]
fn blocks_are_dequantised_bit_for_bit() {
    let golden = tensors(&path("dequantise.safetensors"));
    let formats = [
        ("F16", BlockFormat::F16),
        ("BF16", BlockFormat::BF16),
        ("Q4_0", BlockFormat::Q4_0),
        ("Q4_1", BlockFormat::Q4_1),
        ("Q5_0", BlockFormat::Q5_0),
        ("Q5_1", BlockFormat::Q5_1),
        ("Q8_0", BlockFormat::Q8_0),
        ("Q2_K", BlockFormat::Q2_K),
        ("Q3_K", BlockFormat::Q3_K),
        ("Q4_K", BlockFormat::Q4_K),
        ("Q5_K", BlockFormat::Q5_K),
        ("Q6_K", BlockFormat::Q6_K),
    ];
    for (name, format) in formats {
        let bits = |numbers: Vec<f32>| numbers.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let actual = bits(dequantise(format, &golden[&format!("{name}.bytes")]));
        let expected = bits(numbers(&golden[&format!("{name}.numbers")]));
        let wrong = actual
            .iter()
            .zip(&expected)
            .position(|(one, other)| one != other);
        assert!(
            actual.len() == expected.len() && wrong.is_none(),
            "{name}: first difference at {wrong:?}"
        );
    }
}

#[test]
fn chat_templates_render_as_in_transformers() {
    let golden: Value =
        serde_json::from_slice(&std::fs::read(path("chat_templates.json")).unwrap()).unwrap();
    let names = SpecialNames {
        bos: Some("<s>".into()),
        eos: Some("</s>".into()),
        pad: None,
        unk: None,
    };
    for case in golden["cases"].as_array().unwrap() {
        let template =
            ChatTemplate::new(case["template"].as_str().map(str::to_string), names.clone())
                .unwrap();
        let messages: Vec<Message> = serde_json::from_value(case["messages"].clone()).unwrap();
        let text = template.render(&messages, case["add_generation_prompt"].as_bool().unwrap());
        assert_eq!(
            text.ok().as_deref(),
            case["text"].as_str(),
            "{}",
            case["name"]
        );
    }
}
