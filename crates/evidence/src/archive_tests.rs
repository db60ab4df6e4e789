//! Archives as they are written, and hostile ones.

use super::*;
use proptest::prelude::*;

fn sample() -> Vec<u8> {
    write(&[
        Entry::stored("run_manifest.json", b"{}\n"),
        Entry::deflated("a/rows.jsonl", &b"{\"id\":1}\n".repeat(20)),
    ])
    .unwrap()
}

fn problem(archive: &[u8]) -> String {
    match read(archive).and_then(|entries| {
        entries
            .iter()
            .map(Entry::content)
            .collect::<Result<Vec<_>>>()
    }) {
        Ok(_) => "accepted".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_written_is_read_back_and_repeats() {
    let archive = sample();
    assert_eq!(archive, sample());
    let entries = read(&archive).unwrap();
    assert_eq!(entries[1].content().unwrap(), b"{\"id\":1}\n".repeat(20));
    assert!(entries[0].is_stored() && !entries[1].is_stored());
}

#[test]
fn what_packs_too_well_is_stored() {
    let zeros = vec![0u8; 1 << 20];
    assert!(Entry::deflated("zeros", &zeros).is_stored());
}

#[test]
fn hostile_archives_are_refused_by_name() {
    let archive = sample();
    assert_eq!(problem(&[]), "too short for an evidence file");
    assert!(problem(&archive[..archive.len() - 1]).contains("end of a zip"));
    assert!(problem(&[archive.clone(), vec![0]].concat()).contains("end of a zip"));
    assert!(problem(&[vec![0], archive.clone()].concat()).contains("end record"));

    let mut huge = archive.clone();
    let central = u32_at(&archive[archive.len() - END_BYTES..], 16) as usize;
    huge[central + 20..central + 24].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(problem(&huge).contains("more bytes than there are"));

    let entry = |name: &str| Entry::stored(name, b"x");
    for names in [
        &["../x"][..],
        &["/x"],
        &["a\\b"],
        &["a//b"],
        &["C:x"],
        &[""],
        &["a\u{0}"],
    ] {
        let entries: Vec<Entry> = names.iter().map(|name| entry(name)).collect();
        assert!(
            write(&entries)
                .unwrap_err()
                .to_string()
                .contains("plain relative")
        );
        assert!(problem(&unchecked(&entries)).contains("plain relative"));
    }
    for (names, expected) in [
        (["x", "X"], "twice"),
        (["a/b", "a"], "both file and folder"),
    ] {
        let entries: Vec<Entry> = names.iter().map(|name| entry(name)).collect();
        assert!(problem(&unchecked(&entries)).contains(expected));
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    // A megabyte of zeros in about a kilobyte, as other packers would leave it.
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0u8; 1 << 20]).unwrap();
    let mut bomb = Entry {
        name: "bomb".into(),
        method: DEFLATED,
        crc: 0,
        bytes: 1 << 20,
        packed: encoder.finish().unwrap(),
    };
    assert!(problem(&unchecked(std::slice::from_ref(&bomb))).contains("more than it can hold"));
    // The same with a modest claim: reading stops one byte behind it.
    bomb.bytes = 10;
    assert!(problem(&unchecked(&[bomb])).contains("damaged or changed"));
}

/// An archive whose names nobody checked.
fn unchecked(entries: &[Entry]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        directory.extend(entry.central_header(archive.len() as u32));
        archive.extend(entry.local_header());
        archive.extend(&entry.packed);
    }
    let end = end_record(entries.len(), directory.len(), archive.len());
    archive.extend(directory);
    archive.extend(end);
    archive
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = problem(&bytes);
    }

    #[test]
    fn no_damage_panics_or_reads_as_something_else(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut archive = sample();
        let at = at.index(archive.len());
        let changed = archive[at] != byte;
        archive[at] = byte;
        if changed && let Ok(entries) = read(&archive) {
            // Only packed data can differ without its header knowing; the manifest's hashes do.
            for entry in entries {
                if let Ok(content) = entry.content() {
                    let expected: &[u8] = &b"{\"id\":1}\n".repeat(20);
                    let is_unchanged = content == b"{}\n" || content == expected;
                    prop_assert!(is_unchanged);
                }
            }
        }
        let _ = problem(&archive[..cut.index(archive.len())]);
    }
}
