"""Keys, and what is said to who has none."""

import os

import pytest
import wandb

from conftest import command, fresh


def test_a_wrong_key_is_told_plainly(project, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    with pytest.raises(Exception, match="[Aa][Pp][Ii] key"):
        wandb.init(project=project, settings=wandb.Settings(silent=True, init_timeout=30))
    with pytest.raises(Exception):
        wandb.Api(timeout=30).default_entity  # noqa: B018


def test_a_right_key_is_verified(tmp_path):
    done = command("login", "--relogin", "--verify", "--host", os.environ["WANDB_BASE_URL"],
                   os.environ["WANDB_API_KEY"], folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_viewer(entity):
    viewer = wandb.Api(timeout=60).viewer
    assert viewer.username and viewer.entity == entity
    assert isinstance(viewer.teams, list) and isinstance(viewer.api_keys, list)


def test_an_owner_may_name_a_team_that_nobody_made(project):
    team = fresh("team-")
    with wandb.init(entity=team, project=project, settings=wandb.Settings(silent=True)) as run:
        run.log({"x": 1})
        path = run.path
    assert path.startswith(team)
    assert wandb.Api(timeout=60).run(path).summary["x"] == 1
