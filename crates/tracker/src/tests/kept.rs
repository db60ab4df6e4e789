//! What is kept of a project: that it goes with it, is numbered, and is read in order.

use super::*;
use crate::artifacts::NewArtifact;
use crate::console::console;
use crate::dashboards::Expected;

#[test]
fn a_project_that_goes_leaves_nothing_behind() {
    let it = opened(TrackerOptions::default());
    let run = it.upsert(begins("a"));
    it.upsert(RunUpsert {
        project: Some("q".into()),
        ..begins("other")
    });
    it.rows("a", 0, 0..3);
    let kept = |kinds: &[&str]| -> Vec<usize> {
        let count = |kind: &&str| it.tracker.store.documents(kind).len();
        kinds.iter().map(count).collect()
    };
    for project in ["p", "q"] {
        let upsert = SweepUpsert {
            project: Some(project.into()),
            config: Some("method: random\nparameters: {a: {values: [1, 2]}}\n".into()),
            ..SweepUpsert::default()
        };
        let (sweep, _) = it.tracker.upsert_sweep(&it.caller, upsert).unwrap();
        let agent = it.tracker.create_agent(&it.caller, &sweep, "box").unwrap();
        let nothing = HashSet::new();
        let asked = it.tracker.agent_heartbeat(&it.caller, &agent.id, &nothing);
        assert_eq!(asked.unwrap().len(), 1);
        let project = it.tracker.project(&it.caller, None, project).unwrap();
        let yaml = "panels: [{type: line, metrics: [x]}]";
        it.tracker
            .put_dashboard(&it.caller, &project, "d", yaml, &Expected::Anything)
            .unwrap();
    }
    it.tracker
        .raise_alert(
            Alert {
                run,
                title: "loss".into(),
                text: String::new(),
                severity: "WARN".into(),
                created_unix_ms: 0,
            },
            0,
        )
        .unwrap();
    it.tracker
        .put_run_file(run, "x", &mut &b"hello"[..])
        .unwrap();
    it.tracker
        .create_artifact(
            &it.caller,
            NewArtifact {
                project: Some("p".into()),
                type_name: "dataset".into(),
                name: "ds".into(),
                digest: "0".into(),
                ..NewArtifact::default()
            },
        )
        .unwrap();
    const KINDS: [&str; 9] = [
        "project",
        "sweep",
        "trial",
        "agent",
        "dashboard",
        "alert",
        "run_file",
        "artifact",
        "artifact_collection",
    ];
    assert_eq!(kept(&KINDS), [2, 2, 2, 2, 2, 1, 1, 1, 1]);
    let project = it.tracker.project(&it.caller, None, "p").unwrap();
    it.tracker
        .remove_project(&it.caller, project.number)
        .unwrap();
    assert_eq!(kept(&KINDS), [1, 1, 1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(
        it.tracker.store.records().len(),
        2,
        "the run and the trial of the other"
    );
    assert!(it.tracker.projects.numbered(project.number).is_none());
    let other = it.tracker.project(&it.caller, None, "q").unwrap();
    assert_eq!(it.tracker.projects.numbered(other.number), Some(other));
}

#[test]
fn runs_are_numbered_without_counting_them_each_time() {
    let it = opened(TrackerOptions::default());
    let number_of = |name: &str| {
        it.upsert(begins(name));
        let view = it.tracker.store.run(&it.key(name)).unwrap();
        let shown = view.record.fields.display_name.clone().unwrap();
        shown.rsplit('-').next().unwrap().to_owned()
    };
    assert_eq!([number_of("a"), number_of("b")], ["1", "2"]);
    let first = it.tracker.store.run(&it.key("a")).unwrap().record.number;
    it.tracker.delete_run(&it.caller, first).unwrap();
    assert_eq!(number_of("c"), "3", "no number is given twice");
}

#[test]
fn console_lines_of_several_writers_stand_in_the_order_of_their_times() {
    let it = opened(TrackerOptions::default());
    it.upsert(begins("a"));
    let send = |client: &str, lines: &[String]| {
        let body = serde_json::json!({
            "files": { "output.log": { "offset": 0, "content": lines } },
        });
        let request =
            FileStreamRequest::decode(body.to_string().as_bytes(), &FileStreamLimits::default());
        let writer = SharedWriter {
            is_shared: true,
            client_id: Some(client.into()),
        };
        it.tracker
            .stream(&it.caller, &it.key("a"), request.unwrap(), &writer)
            .unwrap();
    };
    // More than is read at once, every second line of each, and one in between without a time.
    let of = |first: usize| -> Vec<String> {
        let lines = (first..12_000).step_by(2);
        lines
            .map(|line| match line {
                7_000 => "without a time".to_owned(),
                _ => format!(
                    "2026-11-21T01:00:{:02}.{:03} {line}",
                    line / 1000,
                    line % 1000
                ),
            })
            .collect()
    };
    send("one", &of(0));
    send("two", &of(1));
    let view = it.tracker.store.run(&it.key("a")).unwrap();
    let texts = |after, limit| {
        let page = console(&view, after, limit, None).unwrap();
        let texts = page.lines.into_iter();
        let texts: Vec<String> = texts.map(|(_, line)| line.text).collect();
        (texts, page.next_after)
    };
    let (all, next) = texts(0, usize::MAX);
    assert_eq!((all.len(), next), (12_000, None));
    for (place, text) in all
        .iter()
        .enumerate()
        .filter(|(place, _)| !(6_990..7_010).contains(place))
    {
        assert_eq!(*text, place.to_string());
    }
    assert_eq!(
        all.iter().position(|text| text == "without a time"),
        Some(6_999)
    );
    let (page, next) = texts(5_000, 10);
    assert_eq!((page.as_slice(), next), (&all[5_000..5_010], Some(5_010)));
    assert_eq!(texts(11_995, 10), (all[11_995..].to_vec(), None));
    let found = console(&view, 0, 10, Some("1199")).unwrap();
    assert_eq!(found.lines.len(), 10, "1199, 11199, 11990 to 11997");
    assert_eq!(found.next_after, Some(11_998));
}
