"""Runs that go on: resumed, rewound, forked, begun again, written by several processes."""

import pytest
import wandb

from conftest import fresh, script, until, values


def rows(run, key="x"):
    return [(row["_step"], row[key]) for row in run.scan_history()]


@pytest.mark.parametrize("resume", ["must", "allow"])
def test_a_resumed_run_goes_on_at_the_next_step(begin, read, resume):
    name = fresh("r")
    with begin(id=name, config={"a": 1}, tags=["first"]) as run:
        for x in range(5):
            run.log({"x": x})
        run.summary["kept"] = "yes"
    with begin(id=name, resume=resume, config={"b": 2}) as run:
        assert run.resumed and run.starting_step == 5
        assert run.summary["kept"] == "yes"
        for x in range(5, 8):
            run.log({"x": x})
    found = read(name)
    assert rows(found) == [(x, x) for x in range(8)]
    assert found.config == {"a": 1, "b": 2}
    assert found.tags == ["first"] and found.state == "finished"


def test_resume_must_and_never_tell_what_is_there(begin):
    with pytest.raises(wandb.errors.UsageError):
        begin(id=fresh("r"), resume="must")
    name = fresh("r")
    with begin(id=name) as run:
        run.log({"x": 1})
    with pytest.raises(wandb.errors.UsageError):
        begin(id=name, resume="never")


def test_a_resumed_run_is_running_again(begin, read):
    name = fresh("r")
    with begin(id=name) as run:
        run.log({"x": 1})
    run = begin(id=name, resume="must")
    assert read(name).state == "running"
    run.finish(exit_code=3)
    assert read(name).state == "failed"


def test_the_same_id_without_resume_begins_again(begin, read):
    name = fresh("r")
    with begin(id=name, config={"old": 1}) as run:
        for x in range(6):
            run.log({"x": x, "gone": 1})
    with begin(id=name, config={"new": 2}) as run:
        for x in (10, 11):
            run.log({"x": x})
    found = read(name)
    assert rows(found) == [(0, 10), (1, 11)]
    assert found.config == {"new": 2}
    assert "gone" not in found.summary


def test_a_rewound_run_loses_what_came_after(begin, read):
    name = fresh("r")
    with begin(id=name) as run:
        for x in range(10):
            run.log({"x": x})
    with begin(resume_from=f"{name}?_step=4") as run:
        for x in (50, 60):
            run.log({"x": x})
    found = read(name)
    assert rows(found) == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 50), (6, 60)]
    assert found.summary["x"] == 60 and found.state == "finished"


def test_a_fork_has_the_rows_before_it_and_leaves_its_source(begin, read):
    source = fresh("r")
    with begin(id=source, config={"lr": 1}) as run:
        for x in range(8):
            run.log({"x": x})
    with begin(fork_from=f"{source}?_step=2", config={"lr": 2}) as run:
        fork = run.id
        run.log({"x": 30})
    assert rows(read(fork)) == [(0, 0), (1, 1), (2, 2), (3, 30)]
    assert rows(read(source)) == [(x, x) for x in range(8)]
    assert read(fork).config["lr"] == 2


def test_a_fork_of_nothing_says_so(begin):
    with pytest.raises(Exception, match="not found"):
        begin(fork_from=f"{fresh('none')}?_step=2")


def test_several_processes_write_one_run(project, read, tmp_path):
    name = fresh("s")
    body = """
        import sys, wandb
        settings = wandb.Settings(mode="shared", x_label={label!r}, x_primary={primary},
                                  x_update_finish_state={primary}, silent=True)
        run = wandb.init(project={project!r}, id={name!r}, settings=settings)
        for x in range(20):
            run.log({{"{label}/x": x}})
        run.finish()
    """
    first = script(body.format(label="one", primary=True, project=project, name=name), tmp_path)
    assert first.returncode == 0, first.stderr
    second = script(body.format(label="two", primary=False, project=project, name=name), tmp_path)
    assert second.returncode == 0, second.stderr
    found = until(lambda: (run := read(name)).summary.get("two/x") == 19 and run, "both summaries")
    logged = [values(row) for row in found.scan_history()]
    for label in ("one", "two"):
        assert [row[f"{label}/x"] for row in logged if f"{label}/x" in row] == list(range(20))
    assert found.summary["one/x"] == 19


def test_many_processes_at_once(project, entity, tmp_path):
    body = """
        import threading, wandb
        def train(name):
            run = wandb.init(project={project!r}, id=name, reinit="create_new",
                             settings=wandb.Settings(silent=True))
            for x in range(200):
                run.log({{"x": x}})
            run.finish()
        threads = [threading.Thread(target=train, args=(f"m{{i}}",)) for i in range(12)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """
    done = script(body.format(project=project), tmp_path)
    assert done.returncode == 0, done.stderr
    runs = wandb.Api(timeout=60).runs(f"{entity}/{project}")
    assert len(runs) == 12
    for run in runs:
        assert [row["x"] for row in run.scan_history()] == list(range(200)), run.id
