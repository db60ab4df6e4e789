//! Generation as a whole, on a model whose logits depend on every token it has seen.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::backend::Vocabulary;
use super::batch::Scheduler;
use super::fake::{FakeBackend, FakeVocabulary};
use super::request::Rules;
use super::{Completion, FinishReason, GenerateOptions, NumberDecode};
use crate::Result;

fn scheduler(seed: u64, options: GenerateOptions) -> Result<Scheduler<FakeBackend>> {
    let vocabulary = FakeVocabulary::new();
    let eos = vocabulary.eos();
    Ok(Scheduler::new(
        FakeBackend::new(seed),
        Rules::new(Arc::new(vocabulary), &[eos], options)?,
    ))
}

fn prompts(texts: &[&str]) -> Vec<Vec<u32>> {
    texts
        .iter()
        .map(|text| FakeVocabulary::new().encode(text).unwrap())
        .collect()
}

/// Prompts with one long beginning and several ends.
fn family(count: usize) -> Vec<Vec<u32>> {
    let texts: Vec<String> = (0..count)
        .map(|row| {
            format!(
                "The same words stand before each request. {} {row}",
                ["Rain", "A long night"][row % 2]
            )
        })
        .collect();
    prompts(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn answer(scheduler: &mut Scheduler<FakeBackend>, prompts: &[Vec<u32>]) -> Vec<Completion> {
    let completions = scheduler
        .generate(prompts, &mut |_, _| ControlFlow::Continue(()))
        .unwrap();
    completions
        .into_iter()
        .map(|completion| completion.unwrap())
        .collect()
}

/// What does not depend on the clock.
fn texts(completions: &[Completion]) -> Vec<(String, usize, usize, FinishReason)> {
    completions
        .iter()
        .map(|c| {
            (
                c.text.clone(),
                c.completion_tokens,
                c.forced_tokens,
                c.finish_reason,
            )
        })
        .collect()
}

fn vector_schema(keys: &[&str], minimum: i64, maximum: i64) -> Value {
    let field = json!({"type": "integer", "minimum": minimum, "maximum": maximum});
    let properties: serde_json::Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), field.clone()))
        .collect();
    json!({"type": "object", "properties": properties, "required": keys, "additionalProperties": false})
}

fn options(schema: Option<Value>, numbers: NumberDecode) -> GenerateOptions {
    GenerateOptions {
        schema,
        numbers,
        max_new_tokens: 120,
        ..GenerateOptions::default()
    }
}

#[test]
fn six_numbers_cost_six_passes() {
    let keys = [
        "energy",
        "warmth",
        "brightness",
        "acousticness",
        "complexity",
        "nostalgia",
    ];
    for numbers in [NumberDecode::MostLikely, NumberDecode::Median] {
        let mut passes = 0;
        for seed in 0..40 {
            let mut scheduler =
                scheduler(seed, options(Some(vector_schema(&keys, 0, 10)), numbers)).unwrap();
            let answer = answer(&mut scheduler, &prompts(&["A slow piece"])).remove(0);
            let value: Value = serde_json::from_str(&answer.text).unwrap();
            let fields: Vec<&String> = value.as_object().unwrap().keys().collect();
            assert_eq!(fields, keys);
            assert!(
                keys.iter()
                    .all(|key| (0..=10).contains(&value[key].as_i64().unwrap()))
            );
            assert_eq!(answer.finish_reason, FinishReason::Grammar);
            let digits = answer.text.bytes().filter(u8::is_ascii_digit).count();
            assert_eq!(answer.forced_tokens, answer.completion_tokens - digits);
            passes += scheduler.backend.passes.len();
        }
        // An open number at the very end takes one more: nothing is there to be fed ahead with it.
        assert!((40 * 6..40 * 6 + 20).contains(&passes), "{passes}");
    }
}

#[test]
fn the_answer_is_cut_as_the_tokenizer_cuts() {
    let schema = vector_schema(&["energy", "warmth"], 0, 10);
    for seed in 0..20 {
        let mut scheduler =
            scheduler(seed, options(Some(schema.clone()), NumberDecode::Median)).unwrap();
        let answer = answer(&mut scheduler, &prompts(&["x"])).remove(0);
        let canonical = FakeVocabulary::new().encode(&answer.text).unwrap();
        assert_eq!(answer.completion_tokens, canonical.len(), "{}", answer.text);
    }
}

#[test]
fn neither_batch_nor_cache_changes_an_answer() {
    let schema = json!({
        "type": "object",
        "properties": {
            "energy": {"type": "integer", "minimum": 0, "maximum": 10},
            "name": {"type": "string", "maxLength": 6},
            "warmth": {"type": "integer", "minimum": -3, "maximum": 12},
        },
        "required": ["energy", "name", "warmth"],
        "additionalProperties": false
    });
    let prompts = family(9);
    for numbers in [NumberDecode::MostLikely, NumberDecode::Median] {
        for schema in [None, Some(schema.clone())] {
            for temperature in [0.0, 1.0] {
                let options = |batch_size| GenerateOptions {
                    batch_size,
                    temperature,
                    max_new_tokens: 40,
                    ..options(schema.clone(), numbers)
                };
                let alone: Vec<_> = prompts
                    .iter()
                    .map(|prompt| {
                        answer(
                            &mut scheduler(5, options(1)).unwrap(),
                            std::slice::from_ref(prompt),
                        )
                        .remove(0)
                    })
                    .collect();
                let alone = texts(&alone);
                let mut one_by_one = scheduler(5, options(1)).unwrap();
                let separate: Vec<_> = prompts
                    .iter()
                    .map(|prompt| answer(&mut one_by_one, std::slice::from_ref(prompt)).remove(0))
                    .collect();
                assert_eq!(texts(&separate), alone);
                for batch_size in [1, 2, 4, 16] {
                    let mut scheduler = scheduler(5, options(batch_size)).unwrap();
                    assert_eq!(
                        texts(&answer(&mut scheduler, &prompts)),
                        alone,
                        "batch of {batch_size}"
                    );
                    assert_eq!(
                        texts(&answer(&mut scheduler, &prompts)),
                        alone,
                        "again, from the cache"
                    );
                }
            }
        }
    }
}

#[test]
fn what_prompts_share_is_computed_once() {
    let prompts = family(8);
    let options = GenerateOptions {
        max_new_tokens: 1,
        ..GenerateOptions::default()
    };
    let mut scheduler = scheduler(1, options).unwrap();
    answer(&mut scheduler, &prompts);
    let all: usize = prompts.iter().map(Vec::len).sum();
    assert!(
        scheduler.backend.tokens_fed() * 2 < all,
        "{} of {all}",
        scheduler.backend.tokens_fed()
    );
    let before = scheduler.backend.tokens_fed();
    answer(&mut scheduler, &prompts);
    assert_eq!(
        scheduler.backend.tokens_fed() - before,
        8,
        "the last token of each"
    );
}

#[test]
fn equal_prompts_differ_when_sampled_and_agree_when_not() {
    let prompts = vec![family(1).remove(0); 4];
    for (temperature, different) in [(0.0, 1), (1.5, 4)] {
        let options = GenerateOptions {
            temperature,
            max_new_tokens: 12,
            ..GenerateOptions::default()
        };
        let mut answers = texts(&answer(&mut scheduler(3, options).unwrap(), &prompts));
        answers.sort_by(|left, right| left.0.cmp(&right.0));
        answers.dedup();
        assert_eq!(answers.len(), different);
    }
}

#[test]
fn long_prompts_are_fed_in_several_passes() {
    let long = vec![u32::from(b'a'); 2_500];
    let options = GenerateOptions {
        max_new_tokens: 2,
        ..GenerateOptions::default()
    };
    let mut scheduler = scheduler(3, options).unwrap();
    answer(&mut scheduler, &[long]);
    assert!(
        scheduler
            .backend
            .passes
            .iter()
            .all(|(_, tokens)| *tokens <= 1_024)
    );
}

#[test]
fn lengths_are_kept_to() {
    let schema = vector_schema(&["energy", "warmth"], 0, 100);
    for max_new_tokens in 1..14 {
        let options = GenerateOptions {
            max_new_tokens,
            ..options(Some(schema.clone()), NumberDecode::Median)
        };
        let answer = answer(&mut scheduler(8, options).unwrap(), &prompts(&["x"])).remove(0);
        assert!(answer.completion_tokens <= max_new_tokens);
        let complete = serde_json::from_str::<Value>(&answer.text).is_ok();
        assert_eq!(
            answer.finish_reason == FinishReason::Grammar,
            complete,
            "{}",
            answer.text
        );
        assert!(answer.forced_tokens <= answer.completion_tokens);
    }
    for longest in 1..20 {
        for schema in [None, Some(schema.clone())] {
            let mut scheduler = scheduler(8, options(schema, NumberDecode::Median)).unwrap();
            scheduler.backend.longest = longest;
            let answer = answer(&mut scheduler, &prompts(&["x"])).remove(0);
            assert!(answer.prompt_tokens + answer.completion_tokens <= longest);
        }
    }
}

#[test]
fn a_schema_without_choice_needs_no_model() {
    let schema = json!({"type": "object", "properties": {"kind": {"const": "song"}}, "required": ["kind"], "additionalProperties": false});
    let mut scheduler = scheduler(8, options(Some(schema), NumberDecode::Median)).unwrap();
    let answer = answer(&mut scheduler, &prompts(&["x", "y"])).remove(1);
    assert_eq!(answer.text, r#"{"kind":"song"}"#);
    assert_eq!(
        (answer.finish_reason, answer.forced_tokens),
        (FinishReason::Grammar, answer.completion_tokens)
    );
    assert!(scheduler.backend.passes.is_empty());
}

#[test]
fn wide_ranges_are_decoded_and_reported() {
    for (maximum, fallbacks) in [(100, 0), (5_000, 1)] {
        let schema = vector_schema(&["energy"], 0, maximum);
        let mut scheduler = scheduler(2, options(Some(schema), NumberDecode::Median)).unwrap();
        let answer = answer(&mut scheduler, &prompts(&["x"])).remove(0);
        let value: Value = serde_json::from_str(&answer.text).unwrap();
        assert!((0..=maximum).contains(&value["energy"].as_i64().unwrap()));
        assert_eq!(answer.median_fallbacks, fallbacks);
    }
}

#[test]
fn a_number_alone_and_numbers_in_arrays_end() {
    let number = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let array = json!({"type": "array", "items": number, "minItems": 3, "maxItems": 3});
    let open_array = json!({"type": "array", "items": number, "maxItems": 4});
    let optional = json!({"type": "object", "properties": {"a": number, "b": number}, "required": ["a"], "additionalProperties": false});
    for numbers in [NumberDecode::MostLikely, NumberDecode::Median] {
        for seed in 0..30 {
            for schema in [&number, &array, &open_array, &optional] {
                let mut scheduler =
                    scheduler(seed, options(Some(schema.clone()), numbers)).unwrap();
                let answer = answer(&mut scheduler, &prompts(&["x"])).remove(0);
                assert_eq!(answer.finish_reason, FinishReason::Grammar);
                let value: Value = serde_json::from_str(&answer.text).unwrap();
                let values = match &value {
                    Value::Array(values) => values.clone(),
                    Value::Object(entries) => entries.values().cloned().collect(),
                    other => vec![other.clone()],
                };
                assert!(
                    values
                        .iter()
                        .all(|v| (0..=10).contains(&v.as_i64().unwrap())),
                    "{value}"
                );
            }
        }
    }
}

#[test]
fn references_within_the_schema_are_followed() {
    let schema = json!({
        "$defs": {"score": {"type": "integer", "minimum": 0, "maximum": 10}},
        "type": "object",
        "properties": {"energy": {"$ref": "#/$defs/score"}, "warmth": {"$ref": "#/$defs/score"}},
        "required": ["energy", "warmth"],
        "additionalProperties": false
    });
    let plain = vector_schema(&["energy", "warmth"], 0, 10);
    for seed in 0..20 {
        let [with, without] = [&schema, &plain].map(|schema| {
            let options = options(Some(schema.clone()), NumberDecode::Median);
            texts(&answer(
                &mut scheduler(seed, options).unwrap(),
                &prompts(&["x"]),
            ))
        });
        assert_eq!(with, without);
    }
}

#[test]
fn breaking_off_leaves_the_rest_unanswered() {
    let prompts = family(6);
    let options = GenerateOptions {
        max_new_tokens: 4,
        batch_size: 2,
        ..GenerateOptions::default()
    };
    let mut scheduler = scheduler(3, options).unwrap();
    let mut seen = 0;
    let completions = scheduler
        .generate(&prompts, &mut |_, _| {
            seen += 1;
            if seen == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(completions.iter().flatten().count(), 3);
    assert_eq!(scheduler.backend.segments(), 0);
    assert_eq!(answer(&mut scheduler, &prompts).len(), 6);
}

#[test]
fn bad_input_is_named() {
    let problem = |options: GenerateOptions| scheduler(1, options).err().unwrap().to_string();
    let default = GenerateOptions::default;
    assert!(
        problem(GenerateOptions {
            temperature: -1.0,
            ..default()
        })
        .contains("temperature")
    );
    assert!(
        problem(GenerateOptions {
            temperature: f32::NAN,
            ..default()
        })
        .contains("temperature")
    );
    assert!(
        problem(GenerateOptions {
            top_p: 0.0,
            ..default()
        })
        .contains("top_p")
    );
    assert!(
        problem(GenerateOptions {
            top_k: Some(0),
            ..default()
        })
        .contains("top_k")
    );
    assert!(
        problem(GenerateOptions {
            batch_size: 0,
            ..default()
        })
        .contains("batch_size")
    );
    assert!(
        problem(GenerateOptions {
            max_new_tokens: 0,
            ..default()
        })
        .contains("max_new_tokens")
    );
    assert!(
        problem(options(
            Some(json!({"type": "nonsense"})),
            NumberDecode::Median
        ))
        .contains("nonsense")
    );
    assert!(problem(options(Some(json!(3)), NumberDecode::Median)).contains("not an object"));
    let contradiction = json!({"type": "integer", "minimum": 3, "maximum": 2});
    assert!(problem(options(Some(contradiction), NumberDecode::Median)).contains("JSON Schema"));

    let mut scheduler = scheduler(1, default()).unwrap();
    scheduler.backend.longest = 10;
    let mut refuse = |prompt: Vec<u32>| {
        let outcome = scheduler.generate(&[vec![1], prompt], &mut |_, _| ControlFlow::Continue(()));
        outcome.unwrap_err().to_string()
    };
    assert!(refuse(vec![]).contains("prompt 1 (from 0) is empty"));
    assert!(refuse(vec![1; 11]).contains("11 tokens"));
    assert!(refuse(vec![9_999]).contains("token 9999"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn constrained_answers_always_follow_the_schema(
        ranges in prop::collection::vec((-150_i64..150, 0_i64..140), 1..5),
        nested: bool,
        numbers in prop::sample::select(vec![NumberDecode::MostLikely, NumberDecode::Median]),
        temperature in prop::sample::select(vec![0.0_f32, 1.0]),
        seed: u64,
    ) {
        let fields: serde_json::Map<String, Value> = ranges
            .iter()
            .enumerate()
            .map(|(index, (minimum, width))| {
                (format!("f{index}"), json!({"type": "integer", "minimum": minimum, "maximum": minimum + width}))
            })
            .collect();
        let keys: Vec<&String> = fields.keys().collect();
        let object = json!({"type": "object", "properties": fields, "required": keys, "additionalProperties": false});
        let schema = match nested {
            true => json!({"type": "object", "properties": {"in": object}, "required": ["in"], "additionalProperties": false}),
            false => object,
        };
        let options = GenerateOptions { temperature, batch_size: 2, ..options(Some(schema), numbers) };
        let answers = answer(&mut scheduler(seed, options).unwrap(), &prompts(&["x", "xy", "z"]));
        for answer in answers {
            prop_assert_eq!(answer.finish_reason, FinishReason::Grammar);
            let value: Value = serde_json::from_str(&answer.text).unwrap();
            let object = if nested { &value["in"] } else { &value };
            prop_assert_eq!(object.as_object().unwrap().len(), ranges.len());
            for (index, (minimum, width)) in ranges.iter().enumerate() {
                let number = object[format!("f{index}")].as_i64().unwrap();
                prop_assert!((*minimum..=minimum + width).contains(&number));
            }
        }
    }
}

#[test]
fn an_answer_is_one_of_the_choices_even_where_one_begins_another() {
    let choices = ["bug", "bug report", "how_to \"quoted\"", "アカウント"];
    let options = GenerateOptions {
        choices: choices.map(str::to_owned).to_vec(),
        max_new_tokens: 60,
        ..GenerateOptions::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let mut scheduler = scheduler(seed, options.clone()).unwrap();
        for completion in answer(&mut scheduler, &family(6)) {
            assert!(
                choices.contains(&completion.text.as_str()),
                "{completion:?}"
            );
            assert_eq!(completion.finish_reason, FinishReason::Grammar);
            seen.insert(completion.text);
        }
    }
    assert!(seen.len() > 2, "{seen:?}");
    let both = GenerateOptions {
        schema: Some(json!({"type": "object"})),
        ..options
    };
    assert!(scheduler(1, both).is_err());
}
