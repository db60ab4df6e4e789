//! The log cut at every byte and with every bit turned: never more, never less than whole records.

use super::*;
use crate::disk::RealDisk;

fn written(payloads: &[&[u8]]) -> (tempfile::TempDir, PathBuf, Vec<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LogWriter::create(Arc::new(RealDisk), folder.path(), 1).unwrap();
    let mut ends = vec![writer.bytes()];
    for payload in payloads {
        let mut batch = Vec::new();
        put_record(&mut batch, 7, 1, payload).unwrap();
        writer.commit(&batch).unwrap();
        ends.push(writer.bytes());
    }
    let path = file_path(folder.path(), 1);
    (folder, path, ends)
}

fn read(path: &Path) -> (Vec<Vec<u8>>, Scan) {
    let mut payloads = Vec::new();
    let scan = scan(path, |record| {
        assert_eq!((record.kind, record.version), (7, 1));
        payloads.push(record.payload);
        Ok(())
    });
    (payloads, scan.unwrap())
}

#[test]
fn what_was_committed_is_read() {
    let (_folder, path, ends) = written(&[b"one", b"", b"three"]);
    let (payloads, scan) = read(&path);
    assert_eq!(payloads, [b"one".to_vec(), b"".to_vec(), b"three".to_vec()]);
    assert_eq!(scan.problem, None);
    assert_eq!(scan.whole_bytes, *ends.last().unwrap());
}

#[test]
fn a_log_cut_at_any_byte_gives_its_whole_records() {
    let (folder, path, ends) = written(&[b"one", b"second record", b"", b"fourth"]);
    let whole = std::fs::read(&path).unwrap();
    for length in 0..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (payloads, scan) = read(&path);
        let expected = ends.iter().filter(|end| **end <= length as u64).count();
        assert_eq!(
            payloads.len(),
            expected.saturating_sub(1),
            "cut at {length}"
        );
        assert_eq!(scan.problem.is_none(), ends.contains(&(length as u64)));
        // Going on from there leaves the whole records and the new one.
        let disk = Arc::new(RealDisk);
        let mut writer = LogWriter::resume(disk, folder.path(), 1, scan.whole_bytes).unwrap();
        let mut batch = Vec::new();
        put_record(&mut batch, 7, 1, b"after").unwrap();
        writer.commit(&batch).unwrap();
        let (again, scan) = read(&path);
        assert_eq!(again.len(), payloads.len() + 1, "cut at {length}");
        assert_eq!(scan.problem, None);
    }
}

#[test]
fn a_turned_bit_ends_the_log_or_is_an_error_and_never_gives_other_bytes() {
    let (_folder, path, _) = written(&[b"one", b"two", b"three"]);
    let whole = std::fs::read(&path).unwrap();
    let sound = [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
    for bit in 0..whole.len() * 8 {
        let mut turned = whole.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, &turned).unwrap();
        let mut payloads = Vec::new();
        let result = scan(&path, |record| {
            payloads.push(record.payload);
            Ok(())
        });
        assert!(
            payloads.len() < 3 && sound.starts_with(&payloads),
            "bit {bit}"
        );
        assert!(result.is_err() || result.unwrap().problem.is_some());
    }
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let (_folder, path, _) = written(&[]);
    std::fs::write(&path, file_header(MAGIC, LOG_FORMAT + 1)).unwrap();
    let refusal = scan(&path, |_| Ok(())).unwrap_err();
    assert!(
        matches!(
            refusal,
            Error::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{refusal}"
    );
    assert!(refusal.to_string().contains("use a newer gradus"));
}
