//! A copy made while others write opens by itself and holds one moment.

use gradus_store::{Change, Error};

use crate::{all_lines, history, line, lines, make_run, open};

#[test]
fn a_backup_is_a_store_of_its_moment() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..3000).map(line).collect();
    store
        .append(vec![lines(history(run), 0, &sent[..2000])])
        .unwrap();
    store.seal(None).unwrap();
    store
        .append(vec![lines(history(run), 2000, &sent[2000..2500])])
        .unwrap();
    let (blob, _) = store.put_blob(&mut &b"weights"[..], None).unwrap();
    store
        .append(vec![Change::LinkBlob {
            owner: "r".into(),
            hash: blob,
        }])
        .unwrap();
    let target = folder.path().join("copy");
    let report = store.backup(&target).unwrap();
    assert_eq!((report.runs, report.segments, report.blobs), (1, 1, 1));
    // What happens afterwards is not in it.
    store
        .append(vec![lines(history(run), 2500, &sent[2500..])])
        .unwrap();
    store.append(vec![Change::DeleteRun(run)]).unwrap();
    let copy = open(&target);
    assert_eq!(all_lines(&copy, run), sent[..2500]);
    assert!(copy.open_blob(&blob).is_ok());
    assert_eq!(copy.check().unwrap().problems, Vec::<String>::new());
    copy.append(vec![lines(history(run), 2500, &sent[2500..])])
        .unwrap();
    assert_eq!(all_lines(&copy, run), sent);
    let refused = store.backup(&target).unwrap_err();
    assert!(matches!(refused, Error::Input(_)), "{refused}");
}
