"""Makes tests/golden/offline-0.31.0.wandb with the official client, and beside it what the
official reader says of it. Nothing of the machine gets in.

    pip install wandb==0.31.0
    python crates/wire/tests/offline_fixture.py crates/wire/tests/golden
"""

import collections
import json
import pathlib
import shutil
import struct
import sys
import tempfile
import time

import wandb
from wandb.proto import wandb_internal_pb2 as pb

LONG_OUTPUT = "".join(f"\rstep {i}/50 \x1b[36m{'#' * (i // 5)}\x1b[0m" for i in range(51))


def log_a_run(folder: str) -> tuple[pathlib.Path, dict]:
    settings = wandb.Settings(
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        disable_git=True,
        save_code=False,
        program="train.py",
        host="example",
        x_save_requirements=False,
        console="wrap",
    )
    run = wandb.init(
        project="fixture",
        id="fix00001",
        mode="offline",
        dir=folder,
        name="a fixture",
        group="g",
        job_type="train",
        notes="made by offline_fixture.py",
        tags=["t1", "t2"],
        config={"lr": 0.1, "deep": {"x": [1, {"y": None}]}, "n": 3, "text": "ü"},
        settings=settings,
    )
    run.define_metric("loss", summary="min,max")
    run.define_metric("val/*", step_metric="epoch")
    run.log({
        "loss": 1.5, "ok": True, "none": None, "text": 'a\n"b"', "nan": float("nan"),
        "inf": float("inf"), "ninf": float("-inf"), "int": -7, "list": [1, 2.5, "x"],
        "nested": {"a": 1, "b": {"c": "d"}}, "big": 2**62 + 1,
    })
    run.log({"loss": 0.5, "val/acc": 0.25, "epoch": 1, "tiny": 1e-300, "third": 1 / 3})
    run.log({"a.b/c d": 2**53 + 1}, step=10)
    run.config["late"] = [1]
    run.config.update({"n": 4}, allow_val_change=True)
    run.summary["best"] = {"p": {"q": 1}}
    run.summary["gone"] = 1
    del run.summary["gone"]
    print("printed line")
    print("\n\nafter two empty ones")
    print(LONG_OUTPUT)
    print("one\ntwo\x1b[A\x1b[A up two")
    print("\n\n")
    # The streams race in the file, so stderr comes when stdout is settled.
    time.sleep(2)
    print("to stderr", file=sys.stderr)
    run.alert("title", "text", level="WARN")
    summary = json.loads(json.dumps(run.summary._as_dict()))
    run.finish(exit_code=3)
    path = next(pathlib.Path(folder).glob("wandb/offline-run-*/run-fix00001.wandb"))
    return path, summary


def records(data: bytes) -> tuple[int, list[pb.Record]]:
    """Framing by tools/parse_wandb.py's facts; messages by the official protobuf module."""
    position, chunks, found, buffer = 7, 0, [], b""
    while position < len(data):
        left = 32768 - position % 32768
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack("<IHB", data[position : position + 7])
        buffer += data[position + 7 : position + 7 + length]
        position += 7 + length
        chunks += 1
        if kind in (1, 4):
            record = pb.Record()
            record.ParseFromString(buffer)
            found.append(record)
            buffer = b""
    return chunks, found


def set_at(values: dict, keys: list[str], value: object) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
    values[keys[-1]] = value


def decoded(path: pathlib.Path) -> dict:
    chunks, found = records(path.read_bytes())
    kinds = collections.Counter(record.WhichOneof("record_type") for record in found)
    run = next(record.run for record in found if record.WhichOneof("record_type") == "run")
    config, summary, history = {}, {}, []
    for record in found:
        kind = record.WhichOneof("record_type")
        change = record.run.config if kind == "run" else record.config
        if kind in ("run", "config"):
            for item in change.update:
                config[item.key] = json.loads(item.value_json)
        if kind == "summary":
            for item in record.summary.update:
                set_at(summary, list(item.nested_key) or [item.key], json.loads(item.value_json))
            for item in record.summary.remove:
                summary.pop(item.key or item.nested_key[0], None)
        if kind == "history":
            row = {}
            for item in record.history.item:
                row[".".join(item.nested_key) or item.key] = json.loads(item.value_json)
            history.append(row)
    config.pop("_wandb", None)
    files = path.parent / "files"
    return {
        "file": "offline-0.31.0.wandb",
        "record_types": dict(kinds),
        "run": {
            "run_id": run.run_id,
            "project": run.project,
            "entity": run.entity,
            "run_group": run.run_group,
            "job_type": run.job_type,
            "display_name": run.display_name,
            "tags": list(run.tags),
        },
        "config": config,
        "history": history,
        "summary": summary,
        "output_log": (files / "output.log").read_text().removesuffix("\n").split("\n"),
        "exit_code": next(r.exit.exit_code for r in found if r.WhichOneof("record_type") == "exit"),
        "output_lines": kinds["output_raw"],
        "physical_records": chunks,
        "logical_records": len(found),
    }


def main() -> None:
    golden = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        path, summary = log_a_run(folder)
        data = path.read_bytes()
        assert folder.encode() not in data, "a path of this machine is in the file"
        shutil.copyfile(path, golden / "offline-0.31.0.wandb")
        said = decoded(path)
        for key, value in summary.items():
            # As text, for NaN is not equal to itself.
            told, own = (json.dumps(x, sort_keys=True) for x in (said["summary"].get(key), value))
            assert key.startswith("_") or told == own, (key, told, own)
        text = json.dumps(said, indent=1, ensure_ascii=False)
        (golden / "offline-0.31.0.json").write_text(text + "\n")


main()
