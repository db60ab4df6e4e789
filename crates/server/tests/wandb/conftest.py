"""Helpers for tests that drive the unmodified `wandb` client against a gradus server.

The server's address and a key come from WANDB_BASE_URL and WANDB_API_KEY, as for any user;
`cargo xtask wandb` starts a server and sets them. Nothing here knows the inside of the server.
"""

import atexit
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid

import pytest

for required in ("WANDB_BASE_URL", "WANDB_API_KEY"):
    if not os.environ.get(required):
        raise pytest.UsageError(f"{required} is not set; `cargo xtask wandb` sets it")

# Nothing of the person who runs the tests is read or written.
PRIVATE = pathlib.Path(tempfile.mkdtemp(prefix="gradus-wandb-tests-"))
atexit.register(shutil.rmtree, PRIVATE, ignore_errors=True)
for variable in ("HOME", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR"):
    folder = PRIVATE / variable.lower()
    folder.mkdir()
    os.environ[variable] = str(folder)
os.environ["NETRC"] = str(PRIVATE / "netrc")
os.environ.update(WANDB_SILENT="true", WANDB_ERROR_REPORTING="false", WANDB_DISABLE_GIT="true")
OURS = {"WANDB_BASE_URL", "WANDB_API_KEY", "WANDB_SILENT", "WANDB_ERROR_REPORTING", "WANDB_DISABLE_GIT",
        "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR"}
for variable in [name for name in os.environ if name.startswith("WANDB_") and name not in OURS]:
    del os.environ[variable]

import wandb  # noqa: E402

PATIENCE_SECS = 120


def fresh(prefix: str) -> str:
    """A name that nothing else has."""
    return f"{prefix}{uuid.uuid4().hex[:10]}"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    before = {name for name in os.environ if name.startswith("WANDB_")}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    yield
    if wandb.run is not None:
        wandb.finish()
    wandb.teardown()
    for name in {name for name in os.environ if name.startswith("WANDB_")} - before - {"WANDB_DIR"}:
        del os.environ[name]


@pytest.fixture
def project():
    return fresh("t-")


@pytest.fixture
def entity():
    return wandb.Api(timeout=60).default_entity


@pytest.fixture
def begin(project):
    def begin_run(**arguments):
        arguments.setdefault("project", project)
        settings = wandb.Settings(silent=True, init_timeout=60, **arguments.pop("settings", {}))
        return wandb.init(settings=settings, **arguments)

    return begin_run


@pytest.fixture
def read(entity, project):
    """A run as a new reader sees it."""

    def read_run(run_id):
        return wandb.Api(timeout=60).run(f"{entity}/{project}/{run_id}")

    return read_run


def until(condition, what: str):
    """What `condition` gives as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_SECS
    problem = None
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except Exception as error:  # what is waited for may not be there yet
            problem = error
        time.sleep(0.25)
    raise AssertionError(f"waited {PATIENCE_SECS} s for {what}; {problem!r}")


def _environment(extra):
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
    # What the client starts by itself is this Python too.
    environment["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment.update({name: str(value) for name, value in extra.items()})
    return environment


def script(text: str, folder, **environment):
    """Runs a script in a process with a client of its own."""
    path = pathlib.Path(folder) / f"{fresh('script-')}.py"
    path.write_text(textwrap.dedent(text))
    return subprocess.run([sys.executable, str(path)], cwd=folder, env=_environment(environment),
                          capture_output=True, text=True, timeout=PATIENCE_SECS)


def command(*arguments, folder, **environment):
    """Runs the client's command line."""
    return subprocess.run([sys.executable, "-m", "wandb", *arguments], cwd=folder,
                          env=_environment(environment), capture_output=True, text=True,
                          timeout=PATIENCE_SECS)


def values(row: dict) -> dict:
    """A row without what the client adds."""
    return {key: value for key, value in row.items() if not key.startswith("_")}
