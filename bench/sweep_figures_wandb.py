"""The functions of sweep_figures.rs searched by wandb's own `sweeps` package, for comparison.

    python -m venv venv && venv/bin/pip install sweeps==0.3.0 numpy==1.26.4 scipy==1.17.1
    OMP_NUM_THREADS=1 venv/bin/python sweep_figures_wandb.py [SEEDS]
"""

import math
import random
import statistics
import sys
import time
import warnings

import numpy as np
from sweeps import SweepRun, next_run
from sweeps.run import RunState

warnings.filterwarnings("ignore")

AFTER = (10, 25, 50)
ALPHA = [1.0, 1.2, 3.0, 3.2]
A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def branin(x):
    bend = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann6(x):
    def term(row):
        return ALPHA[row] * math.exp(-sum(A[row][k] * (x[k] - P[row][k]) ** 2 for k in range(6)))

    return -sum(map(term, range(4)))


def log_quadratic(x):
    terms = [(-3, 1), (-2, 0.3), (-4.5, 0.1), (-1, 0.01)]
    return sum(weight * (math.log10(v) - best) ** 2 for v, (best, weight) in zip(x, terms))


LOG = {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0}
PROBLEMS = [
    ("Branin (2)", branin, 0.397887, [{"min": -5.0, "max": 10.0}, {"min": 0.0, "max": 15.0}]),
    ("Hartmann (6)", hartmann6, -3.32237, [{"min": 0.0, "max": 1.0}] * 6),
    ("log quadratic (4)", log_quadratic, 0.0, [LOG] * 4),
]

seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
for name, function, minimum, given in PROBLEMS:
    parameters = {f"x{axis}": one for axis, one in enumerate(given)}
    config = {
        "method": "bayes",
        "metric": {"name": "value", "goal": "minimize"},
        "parameters": parameters,
    }
    bests = []
    start = time.perf_counter()
    for seed in range(seeds):
        random.seed(seed)
        np.random.seed(seed)
        runs, best = [], []
        while len(runs) < AFTER[-1]:
            run = next_run(config, runs)
            value = float(function([run.config[name]["value"] for name in parameters]))
            best.append(min([value, *best[-1:]]))
            run.state, run.summary_metrics = RunState.finished, {"value": value}
            runs.append(run)
        bests.append(best)
    milliseconds = (time.perf_counter() - start) / seeds / AFTER[-1] * 1e3
    regrets = [statistics.median(best[after - 1] for best in bests) - minimum for after in AFTER]
    cells = " ".join(f"{regret:>10.5f}" for regret in regrets)
    print(f"{name:<22} {cells}   {milliseconds:.0f} ms a suggestion", flush=True)
