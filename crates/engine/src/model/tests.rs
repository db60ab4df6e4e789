//! The decoder against itself: gradients against finite differences, packed rows against rows
//! apart, chunks against one go, one instruction set against another. The comparison with other
//! people's implementations is in `tests/golden.rs`.

use std::sync::Arc;

use super::*;
use crate::Result;
use crate::kernels::Device;
use crate::kernels::elementwise::mix;
use crate::kernels::lanes::Isa;

/// A model of random numbers, made up as it is read.
struct RandomWeights;

impl WeightSource for RandomWeights {
    fn contains(&self, name: &str) -> bool {
        name != "lm_head.weight"
    }
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let seed = name
            .bytes()
            .fold(7, |hash, byte| mix(hash ^ u64::from(byte)));
        let (centre, spread) = if name.contains("norm") {
            (1.0, 0.3)
        } else {
            (0.0, 1.0 / (shape[shape.len() - 1] as f32).sqrt())
        };
        let count = shape.iter().product::<usize>() as u64;
        Ok((0..count)
            .map(|i| centre + spread * ((mix(seed ^ i) >> 40) as f32 / 8_388_608.0 - 1.0))
            .collect())
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn config() -> ModelConfig {
    ModelConfig {
        family: Family::Qwen3,
        vocab_size: 61,
        hidden_size: 24,
        intermediate_size: 40,
        num_hidden_layers: 3,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        head_dim: 10,
        rms_norm_eps: 1e-5,
        rope_theta: 10_000.0,
        rope_scaling: RopeScaling::None,
        query_temperature: Some(QueryTemperature {
            beta: 0.1,
            original_max_position_embeddings: 4,
        }),
        qkv_bias: true,
        o_bias: false,
        qk_norm: true,
        tie_word_embeddings: true,
        max_position_embeddings: 128,
        sliding_window: None,
        bos_token_id: None,
        eos_token_ids: vec![0],
    }
}

fn decoder(isa: Isa, threads: usize) -> Arc<Decoder> {
    Arc::new(
        Decoder::load_on(
            Device::with_isa(isa, threads),
            &config(),
            &RandomWeights,
            Precision::F32,
        )
        .expect("a valid model"),
    )
}

/// An adapter whose B is not zero, on layers 1 and 2.
fn adapter(dropout: f32) -> Adapter {
    let config_of_adapter = AdapterConfig {
        r: 3,
        alpha: 6.0,
        dropout,
        modules: Module::ALL.to_vec(),
        layers: vec![1, 2],
        rank_stabilised: false,
    };
    let mut adapter = Adapter::initialise(config_of_adapter, &config(), 5);
    for (index, pair) in adapter.weights.values_mut().enumerate() {
        pair.b.iter_mut().enumerate().for_each(|(i, b)| {
            *b = ((mix((index * 1000 + i) as u64) >> 40) as f32 / 8_388_608.0 - 1.0) * 0.2
        });
    }
    adapter
}

fn tokens(count: usize, seed: u64) -> Vec<u32> {
    (0..count as u64)
        .map(|i| (mix(seed * 977 + i) % 61) as u32)
        .collect()
}

/// Three rows behind one prefix, two of which share more of it.
fn rows() -> (Vec<u32>, [Vec<u32>; 3]) {
    (tokens(5, 1), [tokens(7, 2), tokens(9, 3), tokens(4, 4)])
}

fn packed() -> (TokenTree, Vec<Target>) {
    let (prefix, rows) = rows();
    let mut tree = TokenTree::default();
    let mut targets = Vec::new();
    let root = tree.push_run(None, &prefix);
    let middle = tree.push_run(Some(root), &[]);
    for (index, row) in rows.iter().enumerate() {
        let run = tree.push_run(Some(if index == 0 { root } else { middle }), row);
        let start = tree.runs[run].start;
        for i in 1..row.len() {
            targets.push(Target {
                index: start + i - 1,
                token: row[i],
                weight: 1.0 + 0.25 * i as f32,
            });
        }
    }
    (tree, targets)
}

#[test]
fn gradients_agree_with_finite_differences_with_dropout_and_without() {
    for rate in [0.0, 0.3] {
        let decoder = decoder(Isa::detect(), 2);
        let mut session = TrainingSession::new(Arc::clone(&decoder), adapter(rate)).expect("fits");
        let (tree, targets) = packed();
        let dropout = Some(Dropout { seed: 1, pass: 2 });
        session
            .forward_backward(&tree, &targets, dropout)
            .expect("runs");
        let gradient = session.gradient();
        let base = session.adapter();
        let count = base.parameter_count();
        for parameter in (0..count).step_by(count / 60) {
            let at = |delta: f32| {
                let mut moved = base.clone();
                let mut index = parameter;
                for pair in moved.weights.values_mut() {
                    for values in [&mut pair.a, &mut pair.b] {
                        if index < values.len() {
                            values[index] += delta;
                        }
                        index = index.wrapping_sub(values.len());
                    }
                }
                let mut session = TrainingSession::new(Arc::clone(&decoder), moved).expect("fits");
                session
                    .forward_backward(&tree, &targets, dropout)
                    .expect("runs")
                    .loss
            };
            let h = 2e-2;
            let expected = (at(h) - at(-h)) / (2.0 * f64::from(h));
            let actual = f64::from(gradient[parameter]);
            assert!(
                (actual - expected).abs() < 2e-3 + 0.01 * expected.abs(),
                "rate {rate}, parameter {parameter}: {actual}, expected {expected}"
            );
        }
    }
}

#[test]
fn packed_rows_give_the_loss_and_gradient_of_rows_apart() {
    let decoder = decoder(Isa::detect(), 2);
    let mut together = TrainingSession::new(Arc::clone(&decoder), adapter(0.0)).expect("fits");
    let (tree, targets) = packed();
    let packed_loss = together
        .forward_backward(&tree, &targets, None)
        .expect("runs");
    let mut apart = TrainingSession::new(decoder, adapter(0.0)).expect("fits");
    let (prefix, rows) = rows();
    let mut loss = LossSum::default();
    for row in &rows {
        let mut tree = TokenTree::default();
        tree.push_run(None, &[&prefix[..], row].concat());
        let targets: Vec<Target> = (1..row.len())
            .map(|i| Target {
                index: prefix.len() + i - 1,
                token: row[i],
                weight: 1.0 + 0.25 * i as f32,
            })
            .collect();
        loss.add(&apart.forward_backward(&tree, &targets, None).expect("runs"));
    }
    assert!((packed_loss.loss - loss.loss).abs() < 1e-4 && packed_loss.targets == loss.targets);
    for (a, b) in together.gradient().iter().zip(apart.gradient()) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn a_cache_filled_in_chunks_gives_the_logits_of_one_go() {
    let decoder = decoder(Isa::detect(), 2);
    let packed_adapter = decoder.pack_adapter(&adapter(0.0)).expect("fits");
    let text = tokens(12, 9);
    let mut cache = decoder.new_cache();
    let whole = cache.add_segment(None);
    let chunk = |segment, tokens, logits| Chunk {
        segment,
        tokens,
        logits,
    };
    let expected = decoder
        .extend(
            Some(&packed_adapter),
            &mut cache,
            &[chunk(whole, &text, LogitsOf::All)],
        )
        .expect("runs");
    let root = cache.add_segment(None);
    decoder
        .extend(
            Some(&packed_adapter),
            &mut cache,
            &[chunk(root, &text[..5], LogitsOf::Nothing)],
        )
        .expect("runs");
    let (one, two) = (cache.add_segment(Some(root)), cache.add_segment(Some(root)));
    let chunks = [
        chunk(one, &text[5..8], LogitsOf::Last),
        chunk(two, &[3, 4], LogitsOf::Nothing),
    ];
    let first = decoder
        .extend(Some(&packed_adapter), &mut cache, &chunks)
        .expect("runs");
    cache.truncate(two, 0);
    let some = decoder
        .extend(
            Some(&packed_adapter),
            &mut cache,
            &[chunk(two, &text[5..], LogitsOf::LastAmong(&[7, 40, 7]))],
        )
        .expect("runs");
    for (token, logit) in some[0].iter().enumerate() {
        match token {
            7 | 40 => assert!((logit - expected[text.len() - 1][token]).abs() < 1e-4),
            _ => assert_eq!(*logit, f32::NEG_INFINITY),
        }
    }
    cache.truncate(two, 0);
    let rest = decoder
        .extend(
            Some(&packed_adapter),
            &mut cache,
            &[chunk(two, &text[5..], LogitsOf::All)],
        )
        .expect("runs");
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(close(&first[0], &expected[7]));
    assert!(rest.iter().zip(&expected[5..]).all(|(a, b)| close(a, b)));
    assert!(
        decoder
            .extend(None, &mut cache, &[chunk(two, &[61], LogitsOf::Last)])
            .is_err(),
        "a token outside the vocabulary"
    );
    let outside = [chunk(two, &[1], LogitsOf::LastAmong(&[61]))];
    assert!(decoder.extend(None, &mut cache, &outside).is_err());
    cache.remove(one);
    cache.remove(two);
    assert_eq!(cache.next_position(root), 5);
}

#[test]
fn every_instruction_set_and_thread_count_agrees() {
    let (tree, targets) = packed();
    let run = |isa, threads| {
        let mut session = TrainingSession::new(decoder(isa, threads), adapter(0.0)).expect("fits");
        let loss = session
            .forward_backward(&tree, &targets, None)
            .expect("runs")
            .loss;
        (loss, session.gradient())
    };
    let (expected, gradient) = run(Isa::Portable, 1);
    for isa in Isa::available() {
        let (loss, _) = run(isa, 1);
        assert!((loss - expected).abs() < 1e-3, "{}", isa.name());
        let one = run(isa, 1);
        assert_eq!(one, run(isa, 1), "the same bytes again");
        assert_eq!(one, run(isa, 3), "and with other threads");
        assert!(
            one.1
                .iter()
                .zip(&gradient)
                .all(|(a, b)| (a - b).abs() < 1e-3)
        );
    }
}

#[test]
fn steps_reduce_the_loss() {
    let mut session = TrainingSession::new(decoder(Isa::detect(), 2), adapter(0.0)).expect("fits");
    let (tree, targets) = packed();
    let optimiser = AdamW {
        learning_rate: 0.02,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weight_decay: 0.0,
    };
    let before = session.loss(&tree, &targets).expect("runs");
    for _ in 0..30 {
        let loss = session
            .forward_backward(&tree, &targets, None)
            .expect("runs");
        session
            .step(&optimiser, 1.0 / loss.weight as f32, Some(1.0))
            .expect("finite");
    }
    let after = session.loss(&tree, &targets).expect("runs");
    assert!(
        after.loss < 0.5 * before.loss,
        "{} then {}",
        before.loss,
        after.loss
    );
    assert!(after.correct > before.correct);
}
