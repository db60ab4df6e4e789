//! Whole improvement cycles with the real binary and a tiny random model.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use super::moving::Up;

const WORDS: [&str; 20] = [
    "amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "indigo", "juniper",
    "karst", "lotus", "maple", "north", "opal", "pearl", "quartz", "raven", "sable", "tulip",
];

/// A task whose labels follow from the words of its texts, a recipe, and a model beside it.
fn prepare(dir: &Path) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/llama");
    let model = dir.join("model");
    fs::create_dir_all(&model).unwrap();
    fs::create_dir_all(dir.join("data")).unwrap();
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        fs::copy(golden.join(name), model.join(name)).unwrap();
    }
    let template = "{% for message in messages %}{{ message.content }}{% if message.role == 'assistant' %}</s>{% endif %}{% endfor %}";
    let tokenizer = json!({"eos_token": "</s>", "bos_token": "<s>", "chat_template": template});
    fs::write(model.join("tokenizer_config.json"), tokenizer.to_string()).unwrap();

    let mut pairs = Vec::new();
    for first in 0..WORDS.len() {
        for second in first + 1..WORDS.len() {
            pairs.push((first, second));
        }
    }
    // In an order that mixes them: 190 pairs, and 77 has no factor in common with 190.
    let mixed: Vec<(usize, usize)> = (0..pairs.len())
        .map(|it| pairs[it * 77 % pairs.len()])
        .collect();
    for (split, from, to) in [("train", 0, 96), ("dev", 96, 130), ("frozen", 130, 185)] {
        let row = |number: usize| {
            let (first, second) = mixed[number];
            let target = json!({"x": first % 11, "y": second * 3 % 11});
            // The numbers keep texts of the same words apart.
            let text = format!(
                "{} {} {:05} {:05}",
                WORDS[first],
                WORDS[second],
                number * 7919 % 99_991,
                number * 104_729 % 99_991
            );
            format!(
                "{}\n",
                json!({"id": format!("{split}-{number}"), "text": text, "target": target})
            )
        };
        let rows: String = (from..to).map(row).collect();
        fs::write(dir.join(format!("data/{split}.jsonl")), rows).unwrap();
    }
    let number = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let contract = json!({
        "type": "object",
        "properties": {"x": number, "y": number},
        "required": ["x", "y"],
        "additionalProperties": false,
    });
    let files = [
        ("contract.schema.json", contract.to_string()),
        ("prompt.jinja", "rate {{ text }}\n".to_owned()),
        ("task.yaml", "name: tiny\ndata: {train: data/train.jsonl, dev: data/dev.jsonl, frozen: data/frozen.jsonl}\nprompt: prompt.jinja\ntarget: target\ncontract: contract.schema.json\nscale: {min: 0, max: 10}\nprimary_score: {metric: mae_penalised, direction: minimize}\n".to_owned()),
        ("recipe.yaml", "model: ./model\ntask: .\noutput_dir: outputs/first\nmax_steps: 60\nlearning_rate: 1e-2\nlora_r: 4\nper_device_train_batch_size: 8\neval_steps: 20\nsave_steps: 10\nthreads: 1\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(dir.join(name), text).unwrap();
    }
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command
        .args(arguments)
        .current_dir(dir)
        .env("GRADUS_DATA_DIR", dir.join("models"))
        .env("HF_ENDPOINT", "http://127.0.0.1:9");
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    command(dir, arguments).output().unwrap()
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The outcome, and the hash of all that led to it without times.
fn result_of(dir: &Path) -> (Value, Value) {
    let cycle = dir.join("cycles/0001");
    let evidence = cycle.join("evidence.zip");
    let verified = run(
        dir,
        &["--json", "evidence", "verify", evidence.to_str().unwrap()],
    );
    assert_eq!(verified.status.code(), Some(0));
    let decision = read(&cycle.join("decision/decision.json"));
    (
        decision["outcome"].clone(),
        json_of(&verified)["result_sha256"].clone(),
    )
}

#[test]
fn two_cycles_train_decide_promote_and_confront_what_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let first = run(dir.path(), &["--json", "cycle", "run", "."]);
    let told = json_of(&first);
    assert_eq!(first.status.code(), Some(0), "{told}");
    assert_eq!(told["decision"]["outcome"], "promote");
    let champion = read(&dir.path().join("registry/champion.json"));
    assert_eq!(champion["model"], told["decision"]["candidate"]["model"]);
    assert_eq!(champion["decision"], "cycles/0001/decision");

    // The second changes one factor, and says what came of it.
    let second = json_of(&run(
        dir.path(),
        &["--json", "cycle", "run", ".", "--cycles", "2"],
    ));
    assert_eq!(second["cycle"], 2);
    assert_eq!(second["decision"]["base"]["model"], champion["model"]);
    let status = json_of(&run(dir.path(), &["--json", "cycle", "status", "."]));
    assert_eq!(status["completion"]["decided"], 2);
    assert_eq!(status["completion"]["loop_completion_rate"], 1.0);
    let cycles = status["cycles"].as_array().unwrap();
    assert_eq!(cycles[0]["change"], "train by the recipe as it is");
    assert!(
        cycles[1]["change"].as_str().unwrap().starts_with("add "),
        "{cycles:?}"
    );
    for cycle in cycles {
        assert!(cycle["confrontation"]["state"].is_string());
        assert!(cycle["deltas"][0]["n"].as_u64().unwrap() > 0);
    }
    let report = fs::read_to_string(dir.path().join("cycles/0002/report.md")).unwrap();
    for said in [
        "Hypothesis",
        "Expected against observed",
        "loop_completion_rate",
        "add ",
    ] {
        assert!(report.contains(said), "{said}");
    }
    assert!(!report.contains(dir.path().to_str().unwrap()));

    // A hypothesis of one's own goes first.
    let refused = run(
        dir.path(),
        &["cycle", "run", ".", "--set", "task=elsewhere"],
    );
    assert_eq!(refused.status.code(), Some(2));
    assert!(!dir.path().join("cycles/0003").exists());
    run(
        dir.path(),
        &["cycle", "run", ".", "--set", "learning_rate=5e-3"],
    );
    let status = json_of(&run(dir.path(), &["--json", "cycle", "status", "."]));
    assert_eq!(status["cycles"][2]["change"], "learning_rate: 0.01 → 0.005");
    let plan = fs::read_to_string(dir.path().join("cycles/0003/plan/hparam_patch.yaml")).unwrap();
    assert!(plan.contains("learning_rate"), "{plan}");

    // What is finished is not done again; the base is there to go back to.
    let again = run(dir.path(), &["cycle", "run", ".", "--cycles", "3"]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("3 cycles are finished already"));
    let back = json_of(&run(dir.path(), &["--json", "rollback", "."]));
    assert_eq!(back["event"]["to"]["decision"], "cycles/0001/start");
    all_of_it_is_recorded(dir.path());
}

/// What a page shows of the cycles of above.
fn all_of_it_is_recorded(dir: &Path) {
    let up = Up::start(&dir.join("models"));
    let entity = up.get("projects")["projects"][0]["entity"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("projects/{entity}/tiny");
    let listed = up.get(&format!("{path}/cycles"));
    assert_eq!(listed["total"], 3, "{listed}");
    let first = &listed["cycles"][2];
    assert_eq!(
        (&first["number"], &first["state"]),
        (&json!(1), &json!("evidenced"))
    );
    assert_eq!(first["problems"], json!([]));
    let run = first["run"]["name"].as_str().unwrap();
    assert_eq!(first["run"]["state"], "finished");
    let shown = up.get(&format!("{path}/cycles/{run}"));
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 7);
    for step in steps {
        assert!(step["took_secs"].as_f64().unwrap() >= 0.0, "{step}");
        assert!(step["finished_unix_ms"].as_i64().unwrap() > 0, "{step}");
    }
    for part in [
        "training",
        "reports/champion",
        "reports/candidate",
        "reports/constant",
        "dev/subject",
    ] {
        let of = shown["parts"][part]["name"]
            .as_str()
            .unwrap_or_else(|| panic!("{part}: {}", shown["parts"]));
        let config = up.get(&format!("{path}/runs/{of}"))["config"].clone();
        assert_eq!(config["cycle_run"], run, "{part}");
    }
    let decision = &shown["decision"];
    assert_eq!(
        decision["candidate_evaluation"]["name"],
        shown["parts"]["reports/candidate"]["name"]
    );
    assert_eq!(
        decision["base_evaluation"]["name"],
        shown["parts"]["reports/champion"]["name"]
    );
    assert!(shown["plan"]["hypothesis"].is_string());
    assert!(shown["confrontations"][0]["state"].is_string());
    // The same comparison as the cycle's own, made anew from what was recorded.
    let arm = |name: &str| decision[name]["name"].as_str().unwrap().to_owned();
    let (base, candidate) = (arm("base_evaluation"), arm("candidate_evaluation"));
    let compared = up.get(&format!("{path}/compare?base={base}&candidate={candidate}"));
    let compared = &compared["candidates"][0]["comparison"];
    assert_eq!(compared["primary"], shown["comparison"]["primary"]);
    assert_eq!(
        compared["base"]["files"],
        shown["comparison"]["base"]["files"]
    );
    let verified = up.post(&format!("{path}/cycles/{run}/verify"));
    assert_eq!(verified["result"]["verified"], true, "{verified}");
    let champions = up.get(&format!("{path}/champions"));
    let registry = &champions["registries"][0];
    assert_eq!(champions["registries"].as_array().unwrap().len(), 1);
    assert_eq!(
        registry["aliases"][0]["holder"]["holder"]["decision"],
        "cycles/0001/start"
    );
    assert_eq!(registry["history"][0]["event"]["action"], "rollback");
    assert!(registry["frozen_sets"][0]["looks_used"].as_u64().unwrap() >= 3);
    assert!(registry["frozen_sets"][0]["budget"]["looks_left"].is_u64());
    let training = shown["parts"]["training"]["name"].as_str().unwrap();
    let files = up.get(&format!("{path}/runs/{training}/files")).to_string();
    assert!(
        files.contains("iter_eval_metrics.jsonl") && !files.contains("safetensors"),
        "{files}"
    );
    let lately = up.get("activity");
    assert_eq!(lately["decisions"].as_array().unwrap().len(), 3);
}

#[test]
fn inputs_that_changed_and_results_that_are_gone_are_done_again() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    run(dir.path(), &["cycle", "run", "."]);
    let cycle = dir.path().join("cycles/0001");
    let before = result_of(dir.path());
    // As if it had been stopped after training.
    let mut state = read(&cycle.join("cycle.json"));
    state["steps"].as_array_mut().unwrap().truncate(3);
    fs::write(cycle.join("cycle.json"), state.to_string()).unwrap();
    fs::remove_file(cycle.join("recipe.yaml")).unwrap();
    let again = run(dir.path(), &["cycle", "run", "."]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(
        said.contains("results of 'data_built' are gone or changed"),
        "{said}"
    );
    assert_eq!(result_of(dir.path()), before);
}

#[test]
fn a_cycle_needs_dev_rows_sound_data_and_a_recipe() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let says = |words: &str| {
        let output = run(dir.path(), &["cycle", "run", "."]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(words), "{text}");
    };
    // A frozen row in the training data.
    let (train, frozen) = (
        dir.path().join("data/train.jsonl"),
        dir.path().join("data/frozen.jsonl"),
    );
    let sound = fs::read_to_string(&train).unwrap();
    let row = fs::read_to_string(&frozen)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .replace("frozen-", "train-x");
    fs::write(&train, format!("{sound}{row}\n")).unwrap();
    says("the data are not fit for a cycle: leakage: 1 of 55");
    fs::write(&train, sound).unwrap();
    let task = fs::read_to_string(dir.path().join("task.yaml")).unwrap();
    fs::write(
        dir.path().join("task.yaml"),
        task.replace("dev: data/dev.jsonl, ", ""),
    )
    .unwrap();
    says("plans from dev rows");
    fs::remove_file(dir.path().join("recipe.yaml")).unwrap();
    says("name one with --recipe");
}

/// Files and sizes: what changes from moment to moment while a cycle runs.
fn picture(dir: &Path, found: &mut Vec<(std::path::PathBuf, u64)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(it) if it.is_dir() => {
                found.push((entry.path(), 0));
                picture(&entry.path(), found);
            }
            Ok(it) => found.push((entry.path(), it.len())),
            Err(_) => {}
        }
    }
}

/// Lets the child go on for so many changes of its folder; how many were seen if it ended before.
fn go_on(child: &mut Child, cycles: &Path, changes: usize) -> Option<usize> {
    let (mut seen, mut before) = (0, Vec::new());
    picture(cycles, &mut before);
    while seen < changes {
        if child.try_wait().unwrap().is_some() {
            return Some(seen);
        }
        let mut now = Vec::new();
        picture(cycles, &mut now);
        if now != before {
            seen += 1;
            before = now;
        }
    }
    None
}

/// One cycle of the folder, silent.
fn start(dir: &Path) -> Child {
    command(dir, &["cycle", "run", ".", "--cycles", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_cycle_killed_at_fifty_moments_comes_to_the_same_end() {
    let whole = tempfile::tempdir().unwrap();
    prepare(whole.path());
    // Moments are counted in changes of the folder, so that slow machines are hit everywhere too.
    let mut child = start(whole.path());
    let moments = go_on(&mut child, &whole.path().join("cycles"), usize::MAX).unwrap();
    assert!(child.wait().unwrap().success());
    let expected = result_of(whole.path());

    let (mut kills, mut draw) = (0, 1_u64);
    while kills < 50 {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        let cycles = dir.path().join("cycles");
        for attempt in 0.. {
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // The sixth attempt may end: a folder killed for ever shows no end to compare.
            let changes = match attempt {
                0..5 => 1 + usize::try_from(draw >> 33).unwrap() % moments,
                _ => usize::MAX,
            };
            let mut child = start(dir.path());
            if go_on(&mut child, &cycles, changes).is_some() {
                assert!(child.wait().unwrap().success());
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        assert_eq!(result_of(dir.path()), expected, "after {kills} kills");
    }
}
