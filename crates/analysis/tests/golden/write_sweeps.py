"""Writes sweeps.json: what wandb's own `sweeps` package does with the cases in the tests.

    python -m venv venv && venv/bin/pip install sweeps==0.3.0 numpy==1.26.4 scipy==1.17.1
    venv/bin/python write_sweeps.py > sweeps.json
"""

import importlib.metadata
import json
import sys

import numpy as np
from sweeps import SweepRun, grid_search, hyperband_stopping
from sweeps.params import HyperParameter
from sweeps.run import RunState

rng = np.random.default_rng(7)

# No ties of rounding among these, and no edges between whole numbers.
SHARES = [0.000123, 0.0137, 0.101, 0.2571, 0.4999, 0.5003, 0.7449, 0.9017, 0.98763, 0.99991]


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def quantile_case(parameter):
    hyper = HyperParameter("p", parameter)
    values = [plain(hyper.ppf(u)) for u in SHARES]
    case = {"parameter": parameter, "quantiles": [list(pair) for pair in zip(SHARES, values)]}
    name = parameter["distribution"]
    if not name.startswith(("q_", "categorical", "int_")):
        case["cdf"] = [[x, float(hyper.cdf(x))] for x in values]
    return case


def grid_case(parameters):
    config = {"method": "grid", "parameters": parameters}
    runs = []
    while True:
        run = grid_search.grid_search_next_runs(runs, config)[0]
        if run is None:
            break
        runs.append(run)
    found = [{name: value["value"] for name, value in run.config.items()} for run in runs]
    return {"parameters": parameters, "runs": found}


def hyperband_case(early_terminate, goal, count, longest):
    runs = []
    for index in range(count):
        length = int(rng.integers(0, longest + 1))
        start, noise = rng.normal(1.0, 0.5), rng.normal(0.0, 0.1, length)
        history = [float(value) for value in start * 0.97 ** np.arange(length) + noise]
        for place in range(length):
            if rng.random() < 0.03:
                history[place] = float("nan")
        state = str(rng.choice(["running", "running", "finished", "crashed", "pending"]))
        runs.append((f"run{index}", state, history))
    config = {
        "method": "random",
        "metric": {"name": "loss", "goal": goal},
        "early_terminate": {"type": "hyperband", **early_terminate},
        "parameters": {"a": {"min": 0.0, "max": 1.0}},
    }
    given = [
        SweepRun(name=name, state=RunState(state), history=[{"loss": value} for value in history])
        for name, state, history in runs
    ]
    stopped = hyperband_stopping.hyperband_stop_runs(given, config)
    ends = next(run.early_terminate_info["bands"] for run in given if run.early_terminate_info)
    return {
        "early_terminate": early_terminate,
        "goal": goal,
        "trials": [
            {"id": name, "state": state, "history": [None if v != v else v for v in history]}
            for name, state, history in runs
        ],
        "ends": sorted({end for end in ends if end <= longest}),
        "longest": longest,
        "stopped": [run.name for run in stopped],
    }


distributions = [
    {"distribution": "categorical", "values": ["a", "b", 3, None, 0.5]},
    {
        "distribution": "categorical_w_probabilities",
        "values": ["a", "b", "c"],
        "probabilities": [0.2, 0.7, 0.1],
    },
    {"distribution": "int_uniform", "min": -3, "max": 17},
    {"distribution": "uniform", "min": -0.5, "max": 2.0},
    {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.1},
    {"distribution": "q_uniform", "min": -20, "max": 100, "q": 5},
    {"distribution": "log_uniform", "min": -9.0, "max": -2.0},
    {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1},
    {"distribution": "q_log_uniform", "min": 2.0, "max": 6.0, "q": 0.25},
    {"distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8},
    {"distribution": "inv_log_uniform", "min": -3.0, "max": 5.0},
    {"distribution": "inv_log_uniform_values", "min": 0.001, "max": 10.0},
    {"distribution": "normal", "mu": 3.0, "sigma": 0.5},
    {"distribution": "q_normal", "mu": 100.0, "sigma": 30.0, "q": 2},
    {"distribution": "log_normal", "mu": -1.0, "sigma": 0.7},
    {"distribution": "q_log_normal", "mu": 3.0, "sigma": 0.7, "q": 0.5},
    {"distribution": "beta", "a": 2.0, "b": 5.0},
    {"distribution": "beta", "a": 0.5, "b": 0.5},
    {"distribution": "q_beta", "a": 2.0, "b": 2.0, "q": 0.05},
]

grids = [
    {"b": {"values": [3, 1, 2]}, "a": {"values": ["x", "y"]}},
    {"lr": {"values": [0.1, 0.01]}, "B": {"min": 1, "max": 3}, "fixed": {"value": 7}},
    {
        "z": {"values": [True, False, None]},
        "opt": {
            "parameters": {
                "name": {"values": ["sgd", "adam"]},
                "inner": {"parameters": {"beta": {"values": [0.9, 0.99]}}},
                "decay": {"value": 0.1},
            }
        },
        "opt2": {"values": [1, 2]},
    },
    {"q": {"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.25}, "n": {"values": [1]}},
    {"q": {"distribution": "q_uniform", "min": 2, "max": 11, "q": 3}},
    {"twice": {"values": [1, 1.0, "1", 2, 1]}, "lists": {"values": [[1, 2], {"a": 1}]}},
    {"one": {"value": "constant"}},
]

hyperbands = [
    ({"min_iter": 3, "eta": 3, "strict": False}, "minimize", 30, 40),
    ({"min_iter": 3, "eta": 3, "strict": True}, "minimize", 30, 40),
    ({"min_iter": 1, "eta": 1.5, "strict": True}, "maximize", 25, 30),
    ({"min_iter": 10, "eta": 2, "strict": False}, "maximize", 6, 9),
    ({"max_iter": 27, "s": 2, "eta": 3, "strict": False}, "minimize", 40, 30),
    ({"max_iter": 27, "s": 10, "eta": 3, "strict": True}, "maximize", 40, 30),
    ({"max_iter": 50, "s": 4, "eta": 2, "strict": True}, "minimize", 12, 50),
    ({"max_iter": 5, "s": 2, "eta": 2, "strict": False}, "minimize", 3, 6),
]

cases = {
    "versions": {
        name: importlib.metadata.version(name) for name in ("sweeps", "numpy", "scipy")
    },
    "distributions": [quantile_case(parameter) for parameter in distributions],
    "grids": [grid_case(parameters) for parameters in grids],
    "hyperbands": [hyperband_case(*case) for case in hyperbands],
}
json.dump(cases, sys.stdout, indent=None, separators=(",", ":"), allow_nan=False)
print()
