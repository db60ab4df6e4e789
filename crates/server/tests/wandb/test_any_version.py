"""What people do most, in words that every client since 0.16 knows. `cargo xtask wandb` runs this
with older clients too: they look before they use a field, and ask for some things in other ways."""

import numpy
import wandb

from conftest import command, fresh, script, until, values


def test_rows_come_back_whole_and_each_once(begin, read):
    with begin(config={"lr": 0.1, "deep": {"a": [1, 2]}}) as run:
        for step in range(250):
            run.log({"loss": 1.0 / (step + 1), "step": step})
        run.summary["best"] = 7
        name = run.id
    found = read(name)
    assert found.state == "finished"
    assert found.config == {"lr": 0.1, "deep": {"a": [1, 2]}}
    assert found.summary["best"] == 7 and found.summary["step"] == 249
    rows = list(found.scan_history(page_size=77))
    assert [row["_step"] for row in rows] == list(range(250))
    # Pages of a keyed scan meet at a step.
    keyed = list(found.scan_history(keys=["step"], page_size=77))
    assert [row["step"] for row in keyed] == list(range(250))
    part = found.scan_history(keys=["step"], min_step=10, max_step=20)
    assert [row["step"] for row in part] == list(range(10, 20))
    assert 1 < len(found.history(samples=50, keys=["loss"], pandas=False)) <= 50


def test_runs_are_found_resumed_and_changed(begin, read, entity, project):
    name = fresh("r")
    with begin(id=name, tags=["first"], group="g") as run:
        run.log({"x": 1})
    with begin(id=name, resume="must") as run:
        run.log({"x": 2})
    found = read(name)
    assert [values(row) for row in found.history(pandas=False)] == [{"x": 1}, {"x": 2}]
    found.tags.append("second")
    found.update()
    runs = wandb.Api(timeout=60).runs(f"{entity}/{project}", filters={"tags": "second"})
    assert [run.id for run in runs] == [name] and runs[0].group == "g"


def test_media_tables_and_files_come_back(begin, read, tmp_path):
    (tmp_path / "notes.txt").write_text("kept")
    with begin() as run:
        run.log({"picture": wandb.Image(numpy.zeros((4, 4, 3), dtype=numpy.uint8)),
                 "table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
        run.save(str(tmp_path / "notes.txt"), base_path=str(tmp_path), policy="now")
        name = run.id
    found = read(name)
    files = {file.name for file in found.files()}
    assert "notes.txt" in files and any(file.startswith("media/images/") for file in files)
    with found.file("notes.txt").download(root=str(tmp_path / "back"), replace=True) as file:
        assert file.read() == "kept"
    assert found.summary["table"]["nrows"] == 2
    found.file("notes.txt").delete()
    assert "notes.txt" not in {file.name for file in read(name).files()}


def test_artifacts_are_versioned_used_linked_and_named(begin, entity, project, tmp_path):
    (tmp_path / "rows.txt").write_text("far")
    def logged(run, text):
        artifact = wandb.Artifact("data", "dataset", metadata={"rows": len(text)})
        with artifact.new_file("a.txt") as file:
            file.write(text)
        artifact.add_reference(f"file://{tmp_path}/rows.txt", name="ref.txt")
        return run.log_artifact(artifact, aliases=["best"]).wait()

    with begin() as run:
        assert logged(run, "one").version == "v0"
        second = logged(run, "two!")
        assert second.version == "v1" and sorted(second.aliases) == ["best", "latest"]
        maker = run.id
    with begin() as run:
        used = run.use_artifact("data:best")
        folder = used.download(root=str(tmp_path / "data"))
        assert open(f"{folder}/a.txt").read() == "two!"
        used.aliases.append("more")
        used.save()
        run.link_artifact(used, "chosen", aliases=["prod"])
        user = run.id
    api = wandb.Api(timeout=60)
    found = api.artifact(f"{entity}/{project}/data:more")
    assert (found.name, found.version, found.metadata) == ("data:more", "v1", {"rows": 4})
    assert sorted(found.aliases) == ["best", "latest", "more"]
    assert found.logged_by().id == maker and [run.id for run in found.used_by()] == [user]
    linked = api.artifact(f"{entity}/{project}/chosen:prod")
    assert (linked.version, linked.source_version) == ("v0", "v1")
    assert not api.artifact_collection("dataset", f"{entity}/{project}/chosen").is_sequence()
    assert api.artifact_collection("dataset", f"{entity}/{project}/data").is_sequence()


def test_a_sweep_is_tried_whole(entity, project):
    sweep = wandb.sweep({"method": "grid", "metric": {"name": "loss", "goal": "minimize"},
                         "parameters": {"a": {"values": [3, 1, 2]}}}, project=project, entity=entity)

    def train():
        with wandb.init(settings=wandb.Settings(silent=True)) as run:
            run.log({"loss": run.config["a"]})

    wandb.agent(sweep, function=train, project=project, entity=entity)
    found = wandb.Api(timeout=60).sweep(f"{entity}/{project}/{sweep}")
    assert found.state == "FINISHED" and len(found.runs) == 3
    assert found.best_run().config["a"] == 1


def test_an_offline_run_is_synced(read, project, tmp_path):
    done = script(f"""
        import wandb
        with wandb.init(project={project!r}, id="offline", mode="offline", config={{"a": 1}}) as run:
            for step in range(20):
                run.log({{"x": step}})
    """, tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    synced = command("sync", str(folder), folder=tmp_path)
    assert synced.returncode == 0, synced.stderr
    found = until(lambda: read("offline"), "the synced run")
    assert [row["x"] for row in found.scan_history()] == list(range(20))
    assert found.config == {"a": 1}


def test_an_alert_and_system_metrics_are_taken(begin, read):
    with begin() as run:
        run.alert(title="loss exploded", text="details", level=wandb.AlertLevel.WARN)
        run.log({"x": 1})
        name = run.id
    assert read(name).state == "finished"
