"""Project `lineage`: artifacts as the unmodified wandb client logs them; `model` is made from `data`."""

import atexit
import os
import shutil
import tempfile

# Nothing of the person who runs this is read or written.
private = tempfile.mkdtemp(prefix="gradus-ui-lineage-")
atexit.register(shutil.rmtree, private, ignore_errors=True)
for variable in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR"):
    os.environ[variable] = private
os.environ.update(NETRC=f"{private}/netrc", WANDB_ERROR_REPORTING="false", WANDB_DISABLE_GIT="true")
os.chdir(private)

import wandb  # noqa: E402


def logged(run, name, kind, files, **more):
    artifact = wandb.Artifact(name, type=kind, description=more.get("description"), metadata=more.get("metadata"))
    for path, text in files.items():
        with artifact.new_file(path) as file:
            file.write(text)
    run.log_artifact(artifact, aliases=more.get("aliases"))
    artifact.wait()


silent = wandb.Settings(silent=True, console="off", x_disable_stats=True)
with wandb.init(project="lineage", job_type="data", name="prepare", settings=silent) as run:
    rows = {f"rows/{split}.jsonl": '{"text": "a"}\n' * count for split, count in (("train", 200), ("dev", 20))}
    logged(run, "data", "dataset", rows, description="Requests and their targets.", metadata={"rows": 220})
for step in range(2):
    with wandb.init(project="lineage", job_type="train", name=f"train-{step}", settings=silent) as run:
        run.use_artifact("data:latest")
        run.log({"loss": 1.0 / (step + 1)})
        aliases = ["best"] if step == 0 else []
        logged(run, "model", "model", {"weights.txt": f"{step}\n" * 1000}, aliases=aliases, metadata={"step": step})
