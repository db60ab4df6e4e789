"""Sweeps: the server chooses, agents run."""

import re

import pytest
import wandb

from conftest import command, fresh


def search(project, entity, config, count=None, train=None):
    sweep = wandb.sweep(config, project=project, entity=entity)
    tried = []

    def default():
        with wandb.init(settings=wandb.Settings(silent=True)) as run:
            tried.append(dict(run.config))
            run.log({"loss": sum(value for value in dict(run.config).values() if isinstance(value, (int, float)))})

    wandb.agent(sweep, function=train or default, project=project, entity=entity, count=count)
    return sweep, tried


def test_a_grid_is_tried_whole_and_ends(project, entity):
    sweep, tried = search(project, entity, {
        "method": "grid", "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"a": {"values": [1, 2]}, "b": {"values": [10, 20]}, "c": {"value": "fixed"}}})
    assert sorted((one["a"], one["b"]) for one in tried) == [(1, 10), (1, 20), (2, 10), (2, 20)]
    assert all(one["c"] == "fixed" for one in tried)
    found = wandb.Api(timeout=60).sweep(f"{entity}/{project}/{sweep}")
    assert found.state == "FINISHED"
    assert len(found.runs) == 4 and all(run.state == "finished" for run in found.runs)
    best = found.best_run()
    assert (best.config["a"], best.config["b"]) == (1, 10)
    assert best.summary["loss"] == 11


def test_a_random_search_stops_at_its_cap(project, entity):
    _, tried = search(project, entity, {
        "method": "random", "run_cap": 3,
        "parameters": {"lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
                       "layers": {"min": 1, "max": 4}}})
    assert len(tried) == 3
    assert all(1e-4 <= one["lr"] <= 1e-1 and one["layers"] in (1, 2, 3, 4) for one in tried)


def test_bayes_with_a_count(project, entity):
    _, tried = search(project, entity, {
        "method": "bayes", "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"x": {"min": -1.0, "max": 1.0}}}, count=3)
    assert len(tried) == 3 and len({one["x"] for one in tried}) == 3


def test_a_wrong_configuration_is_told(project, entity):
    with pytest.raises(Exception):
        wandb.sweep({"method": "gird", "parameters": {"a": {"value": 1}}}, project=project, entity=entity)


def test_the_command_line_agent_runs_a_program(project, entity, tmp_path):
    (tmp_path / "train.py").write_text(
        "import argparse, wandb\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--x', type=int)\n"
        "x = parser.parse_args().x\n"
        "with wandb.init() as run:\n"
        "    run.log({'loss': x * x})\n")
    (tmp_path / "sweep.yaml").write_text(
        "program: train.py\nmethod: grid\nmetric: {name: loss, goal: minimize}\n"
        "parameters:\n  x:\n    values: [3, 1]\n")
    made = command("sweep", "--project", project, "--entity", entity, "sweep.yaml", folder=tmp_path,
                   WANDB_SILENT="false")
    assert made.returncode == 0, made.stderr
    path = f"{entity}/{project}/{re.search(r'sweeps/([a-z0-9]+)', made.stdout + made.stderr)[1]}"
    agent = command("agent", path, folder=tmp_path)
    assert agent.returncode == 0, agent.stderr
    found = wandb.Api(timeout=60).sweep(path)
    assert sorted(run.summary["loss"] for run in found.runs) == [1, 9]
    assert all(run.state == "finished" for run in found.runs)


def test_a_sweep_is_stopped_by_command(project, entity, tmp_path):
    # One trial, since a sweep that nobody began can't be paused.
    sweep, _ = search(project, entity, {"method": "random", "parameters": {"a": {"min": 0, "max": 9}}},
                      count=1)
    path = f"{entity}/{project}/{sweep}"
    for word, state in [("--pause", "PAUSED"), ("--resume", "RUNNING"), ("--stop", "FINISHED")]:
        done = command("sweep", word, path, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert wandb.Api(timeout=60).sweep(path).state == state
