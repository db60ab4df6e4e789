"""Which runs: filters, orders, pages; and changing them from outside."""

import pytest
import wandb

from conftest import fresh


@pytest.fixture
def several(begin, entity, project):
    for place, (lr, loss) in enumerate([(0.1, 3.0), (0.01, 1.0), (0.001, 2.0), (0.2, None)]):
        with begin(id=f"q{place}", name=f"run {place}", group="even" if place % 2 == 0 else "odd",
                   job_type="train", tags=["all", f"t{place}"],
                   config={"lr": lr, "model": {"size": place, "name": f"m.{place}"}}) as run:
            if loss is not None:
                run.log({"loss": loss, "val/loss": loss + 1, "a.b": place})

    def ask(filters=None, order="+created_at", **arguments):
        runs = wandb.Api(timeout=60).runs(f"{entity}/{project}", filters=filters, order=order, **arguments)
        return [run.id for run in runs]

    return ask


def test_filters_and_orders(several):
    everything = ["q0", "q1", "q2", "q3"]
    assert several() == everything
    assert several(order="-created_at") == everything[::-1]
    cases = [
        ({"config.lr": 0.01}, ["q1"]),
        ({"config.lr.value": 0.01}, ["q1"]),
        ({"config.lr": {"$gt": 0.01}}, ["q0", "q3"]),
        ({"config.lr": {"$gte": 0.01, "$lt": 0.2}}, ["q0", "q1"]),
        ({"config.model.size": {"$in": [1, 3]}}, ["q1", "q3"]),
        ({"config.model.size": {"$nin": [1, 3]}}, ["q0", "q2"]),
        ({"config.model.name": {"$regex": r"m\.[01]"}}, ["q0", "q1"]),
        ({"summary_metrics.loss": {"$lt": 2.5}}, ["q1", "q2"]),
        ({"summary_metrics.val/loss": {"$lte": 2}}, ["q1"]),
        ({"summary_metrics.a.b": 2}, ["q2"]),
        ({"summary_metrics.loss": {"$exists": False}}, ["q3"]),
        ({"summary_metrics.loss": {"$exists": True}}, ["q0", "q1", "q2"]),
        ({"tags": "t2"}, ["q2"]),
        ({"tags": {"$in": ["t1", "t3"]}}, ["q1", "q3"]),
        ({"tags": {"$nin": ["t1"]}}, ["q0", "q2", "q3"]),
        ({"group": "odd"}, ["q1", "q3"]),
        ({"jobType": "train", "group": "even"}, ["q0", "q2"]),
        ({"display_name": "run 2"}, ["q2"]),
        ({"displayName": {"$regex": "run [23]"}}, ["q2", "q3"]),
        ({"name": {"$ne": "q0"}}, ["q1", "q2", "q3"]),
        ({"state": "finished"}, everything),
        ({"state": {"$ne": "finished"}}, []),
        ({"$or": [{"name": "q0"}, {"config.lr": 0.2}]}, ["q0", "q3"]),
        ({"$and": [{"group": "even"}, {"$not": {"name": "q0"}}]}, ["q2"]),
        ({"$nor": [{"name": "q0"}, {"name": "q1"}]}, ["q2", "q3"]),
        ({"created_at": {"$gt": "2020-01-01T00:00:00Z"}}, everything),
        ({"created_at": {"$gt": "2120-01-01"}}, []),
    ]
    for filters, expected in cases:
        assert several(filters) == expected, filters
    assert several(order="+summary_metrics.loss") == ["q1", "q2", "q0", "q3"]
    assert several(order="-summary_metrics.loss") == ["q0", "q2", "q1", "q3"]
    assert several(order="-config.lr.value") == ["q3", "q0", "q1", "q2"]
    assert several(order="+config.lr") == ["q2", "q1", "q0", "q3"]


def test_pages(several):
    assert several(per_page=1) == ["q0", "q1", "q2", "q3"]
    assert several(per_page=3, order="-created_at") == ["q3", "q2", "q1", "q0"]


def test_a_wrong_filter_is_told_what_is_wrong(several):
    with pytest.raises(Exception, match="display_name"):
        several({"dispaly_name": "x"})


def test_projects_are_listed_and_missing_things_are_missing(begin, entity, project):
    begin().finish()
    api = wandb.Api(timeout=60)
    assert project in [found.name for found in api.projects(entity)]
    with pytest.raises(Exception, match="[Cc]ould not find"):
        api.run(f"{entity}/{project}/{fresh('none')}")
    with pytest.raises(Exception, match="[Cc]ould not find"):
        len(api.runs(f"{entity}/{fresh('none')}"))


def test_a_run_is_changed_and_deleted_from_outside(begin, read):
    with begin(config={"a": 1}, tags=["x"]) as run:
        name = run.id
        run.log({"x": 1})
    found = read(name)
    found.config["b"] = {"c": [1, 2]}
    found.tags.append("y")
    found.group = "g"
    found.update()
    again = read(name)
    assert again.config == {"a": 1, "b": {"c": [1, 2]}} and again.tags == ["x", "y"]
    assert again.state == "finished", "who edits a run does not run it"
    again.delete()
    with pytest.raises(Exception, match="[Cc]ould not find"):
        read(name)


def test_a_run_and_a_project_are_made_from_outside(entity, project):
    api = wandb.Api(timeout=60)
    api.create_project(project, entity)
    made = api.create_run(project=project, entity=entity)
    assert made.state in ("pending", "running")
    assert wandb.Api(timeout=60).run(f"{entity}/{project}/{made.id}").id == made.id
