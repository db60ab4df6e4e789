//! Streams against the simplest model of them: a list of lines.

use super::*;
use crate::disk::RealDisk;
use crate::run::RunPatch;
use proptest::prelude::*;

fn state() -> State {
    let mut state = State::new(Arc::new(RealDisk), Path::new("nowhere"));
    let run = Operation::Run {
        number: 1,
        key: RunKey::new("e", "p", "r"),
        patch: Box::new(RunPatch::default()),
    };
    assert_eq!(state.apply(run), Ok(Applied::Run(1)));
    state
}

fn key() -> StreamKey {
    StreamKey::new(1, "history", "")
}

fn tail(state: &State) -> Vec<String> {
    let Some(stream) = state.streams.get(&key()) else {
        return Vec::new();
    };
    let chunks = stream.tail.iter();
    chunks
        .flat_map(|chunk| chunk.lines().iter().map(str::to_owned))
        .collect()
}

#[derive(Debug, Clone)]
enum Change {
    Append(usize, Vec<String>),
    Rewrite(usize, Vec<String>),
    Truncate(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let lines = || proptest::collection::vec("[a-z]{0,4}", 0..2000usize);
    prop_oneof![
        (0usize..40, lines()).prop_map(|(back, lines)| Change::Append(back, lines)),
        (0usize..1500, lines()).prop_map(|(back, lines)| Change::Rewrite(back, lines)),
        (0usize..3000).prop_map(Change::Truncate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_stream_is_a_list_of_lines(changes in proptest::collection::vec(change(), 0..12)) {
        let (mut state, mut model) = (state(), Vec::<String>::new());
        for change in changes {
            let operation = match change {
                Change::Append(back, lines) => {
                    let offset = model.len().saturating_sub(back);
                    let known = model.len() - offset;
                    model.extend(lines.iter().skip(known).cloned());
                    lines_at(offset, Placement::Once, &lines)
                }
                Change::Rewrite(back, lines) => {
                    let offset = model.len().saturating_sub(back);
                    for (index, line) in lines.iter().enumerate() {
                        match model.get_mut(offset + index) {
                            Some(old) => *old = line.clone(),
                            None => model.push(line.clone()),
                        }
                    }
                    lines_at(offset, Placement::Rewrite, &lines)
                }
                Change::Truncate(keep) => {
                    model.truncate(keep);
                    Operation::Truncate { key: key(), keep: keep as u64 }
                }
            };
            state.apply(operation).unwrap();
            prop_assert_eq!(&tail(&state), &model);
            let bytes: usize = model.iter().map(String::len).sum();
            prop_assert_eq!(state.streams[&key()].tail_bytes, bytes);
        }
        // The state written out and read again is the same.
        let mut again = State::new(Arc::new(RealDisk), Path::new("nowhere"));
        state.operations(|operation| {
            again.apply(operation).unwrap();
            Ok(())
        }).unwrap();
        prop_assert_eq!(tail(&again), model);
        prop_assert_eq!(again.runs, state.runs);
    }
}

fn lines_at(offset: usize, placement: Placement, lines: &[String]) -> Operation {
    Operation::Lines {
        key: key(),
        offset: offset as u64,
        placement,
        lines: Lines::new(lines.iter().map(String::as_str)).unwrap(),
    }
}

#[test]
fn a_gap_and_a_stranger_are_refused() {
    let mut state = state();
    assert!(
        state
            .apply(lines_at(1, Placement::Once, &["x".into()]))
            .is_err()
    );
    let stranger = Operation::Truncate {
        key: StreamKey::new(2, "history", ""),
        keep: 0,
    };
    assert!(state.apply(stranger).is_err());
}

#[test]
fn a_reader_keeps_what_it_saw() {
    let mut state = state();
    state
        .apply(lines_at(0, Placement::Once, &["a".into(), "b".into()]))
        .unwrap();
    let seen = state.clone();
    state
        .apply(lines_at(0, Placement::Rewrite, &["c".into()]))
        .unwrap();
    state
        .apply(lines_at(2, Placement::Once, &["d".into()]))
        .unwrap();
    assert_eq!(tail(&seen), ["a", "b"]);
    assert_eq!(tail(&state), ["c", "b", "d"]);
}

#[test]
fn a_blob_is_free_when_its_last_owner_lets_go() {
    let mut state = state();
    let link = |owner: &str| Operation::LinkBlob {
        owner: owner.into(),
        hash: [1; 32],
        bytes: 5,
    };
    let unlink = |owner: &str| Operation::UnlinkBlob {
        owner: owner.into(),
        hash: [1; 32],
    };
    for owner in ["a", "b", "a"] {
        assert_eq!(state.apply(link(owner)), Ok(Applied::Other));
    }
    assert_eq!(state.apply(unlink("a")), Ok(Applied::Other));
    assert_eq!(state.apply(unlink("a")), Ok(Applied::Other));
    assert_eq!(state.apply(unlink("b")), Ok(Applied::BlobFree([1; 32])));
    assert!(state.blobs.is_empty());
}
