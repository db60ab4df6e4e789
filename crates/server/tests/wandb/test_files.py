"""Files of runs, media, tables, offline runs, the client's command line."""

import json
import pathlib

import pytest
import wandb

from conftest import command, fresh, script, until, values


def content(run, name, folder):
    return pathlib.Path(run.file(name).download(root=str(folder), replace=True).name).read_bytes()


def test_saved_files_come_back(begin, read, tmp_path, monkeypatch):
    folder = tmp_path / "data" / "deep"
    folder.mkdir(parents=True)
    files = {"a.txt": b"hello", "deep/b.bin": bytes(range(256)) * 1000, "deep/empty": b"",
             "deep/na me \u00e9.txt": "\u00e9".encode()}
    for name, data in files.items():
        (tmp_path / "data" / name).write_bytes(data)
    with begin() as run:
        name = run.id
        monkeypatch.chdir(tmp_path / "data")
        run.save("*.txt")
        run.save("deep/*")
    found = read(name)
    listed = {file.name: file for file in found.files()}
    for file_name, data in files.items():
        assert file_name in listed, sorted(listed)
        assert listed[file_name].size == len(data)
        assert content(found, file_name, tmp_path / "back") == data
    assert {"config.yaml", "wandb-summary.json", "wandb-metadata.json"} <= set(listed)
    assert [file.name for file in found.files(["a.txt"])] == ["a.txt"]
    assert [file.name for file in found.files(pattern="deep/b%")] == ["deep/b.bin"]
    listed["a.txt"].delete()
    assert "a.txt" not in {file.name for file in read(name).files()}


def test_a_file_is_sent_afterwards(begin, read, tmp_path):
    run = begin()
    run.finish()
    (tmp_path / "late.txt").write_text("late")
    found = read(run.id)
    found.upload_file(str(tmp_path / "late.txt"), root=str(tmp_path))
    assert content(read(run.id), "late.txt", tmp_path / "back") == b"late"


def test_media_and_tables(begin, read, tmp_path):
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("PIL")
    with begin() as run:
        name = run.id
        run.log({
            "image": wandb.Image(numpy.zeros((4, 6, 3), dtype=numpy.uint8), caption="black"),
            "several": [wandb.Image(numpy.full((2, 2, 3), shade, dtype=numpy.uint8)) for shade in (0, 255)],
            "histogram": wandb.Histogram([1, 2, 2, 3]),
            "html": wandb.Html("<b>x</b>"),
            "table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2.5, None]]),
        })
    found = read(name)
    summary = found.summary
    assert summary["image"]["_type"] == "image-file" and summary["image"]["width"] == 6
    assert summary["several"]["count"] == 2
    assert sum(summary["histogram"]["values"]) == 4
    table = json.loads(content(found, summary["table"]["path"], tmp_path))
    assert table["columns"] == ["a", "b"] and table["data"] == [[1, "x"], [2.5, None]]
    assert content(found, summary["image"]["path"], tmp_path).startswith(b"\x89PNG")


def test_an_offline_run_is_synced_and_syncing_again_changes_nothing(project, read, tmp_path):
    name = fresh("o")
    done = script(f"""
        import wandb
        run = wandb.init(project={project!r}, id={name!r}, mode="offline", config={{"a": 1}}, tags=["t"])
        for x in range(300):
            run.log({{"x": x, "nested": {{"y": x * 2}}}})
        print("printed line")
        run.summary["best"] = float("nan")
        run.finish()
    """, tmp_path)
    assert done.returncode == 0, done.stderr
    folder = next((tmp_path / "wandb").glob("offline-run-*"))
    for arguments in ([], ["--include-synced"]):
        synced = command("sync", *arguments, str(folder), folder=tmp_path)
        assert synced.returncode == 0, synced.stdout + synced.stderr
        found = until(lambda: (run := read(name)).state == "finished" and run, "the synced run")
        assert [(row["x"], row["nested"]["y"]) for row in found.scan_history()] == [
            (x, 2 * x) for x in range(300)]
        assert found.config == {"a": 1} and found.tags == ["t"]
        assert any("printed line" in line.content for line in found.console_logs())


def test_a_progress_bar_is_one_line(project, read, tmp_path):
    name = fresh("c")
    done = script(f"""
        import sys, wandb
        run = wandb.init(project={project!r}, id={name!r})
        for x in range(50):
            sys.stdout.write(f"\\rstep {{x}}")
        sys.stdout.write("\\ndone\\n")
        run.finish()
    """, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.content for line in read(name).console_logs()]
    assert [line for line in lines if line.startswith("step")] == ["step 49"]
    assert "done" in lines


def test_verify(entity, tmp_path):
    import os

    checked = command("verify", "--host", os.environ["WANDB_BASE_URL"], folder=tmp_path)
    text = checked.stdout + checked.stderr
    failed = [line.split("...")[0] for line in text.splitlines() if "\u274c" in line]
    # They want https, which a proxy in front of the server would have.
    assert failed == ["Checking requests to base url", "Checking requests made over signed URLs"], text


def test_rows_keep_what_json_has(begin, read):
    row = {"big": 2**63 - 1, "text": "z\u0000\u2028\U0001F680", "list": [[1], {"a": None}], "yes": True,
           "minus_zero": -0.0, "tiny": 5e-324, "huge": 1.7976931348623157e308}
    with begin() as run:
        name = run.id
        run.log(row)
    found = read(name)
    assert values(next(iter(found.scan_history()))) == row
    assert found.history(keys=["tiny"], pandas=False)[0]["tiny"] == 5e-324
