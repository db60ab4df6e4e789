"""Writes statistics.json: what SciPy and statsmodels say about the cases in the tests.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python write_statistics.py > statistics.json
"""

import json
import sys

import numpy as np
import scipy
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20)


def paired_case(n, kind):
    base = rng.gamma(2.0, 1.0, n) if kind == "skewed" else rng.normal(2.0, 1.0, n)
    shift = rng.normal(-0.15, 0.5, n) if kind != "skewed" else -rng.gamma(0.5, 0.6, n) + 0.2
    base, candidate = np.round(base, 3), np.round(base + shift, 3)
    differences = candidate - base
    test = stats.ttest_rel(candidate, base)
    low, high = test.confidence_interval(0.95)
    centre = differences.mean()
    jackknife = (differences.sum() - differences) / (n - 1)
    deviations = jackknife.mean() - jackknife
    acceleration = (deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5)
    bootstrap = stats.bootstrap(
        (differences,), np.mean, method="BCa", n_resamples=200_000, batch=2000, rng=rng
    ).confidence_interval
    return {
        "base": base.tolist(),
        "candidate": candidate.tolist(),
        "mean": centre,
        "standard_deviation": differences.std(ddof=1),
        "t_p_value": test.pvalue,
        "t_interval95": [low, high],
        "acceleration": acceleration,
        "bca_interval95": [bootstrap.low, bootstrap.high],
    }


def bca_levels_case(below, acceleration, n):
    bias = special.ndtri(below)
    widened = stats.t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1))
    levels = []
    for z in (-widened, widened):
        shifted = bias + z
        levels.append(float(special.ndtr(bias + shifted / (1 - acceleration * shifted))))
    return {"below": below, "acceleration": acceleration, "n": n, "levels": levels}


def holm_case(p_values):
    return {"p": p_values, "holm": multipletests(p_values, method="holm")[1].tolist()}


cases = {
    "versions": {"scipy": scipy.__version__, "numpy": np.__version__},
    "paired": [paired_case(40, "normal"), paired_case(160, "normal"), paired_case(60, "skewed")],
    "normal_cdf": [[z, stats.norm.cdf(z)] for z in (-8.0, -3.0, -1.96, -0.3, 0.0, 0.7, 2.4, 2.6, 5.0)],
    "normal_quantile": [
        [p, stats.norm.ppf(p)] for p in (1e-10, 1e-4, 0.025, 0.2, 0.5, 0.8, 0.975, 0.9999)
    ],
    "t_two_sided": [
        [t, df, 2 * stats.t.sf(abs(t), df)]
        for t, df in ((0.1, 1), (2.0, 5), (-2.2, 19), (3.5, 159), (0.01, 1e5), (6.0, 40))
    ],
    "t_quantile": [
        [p, df, stats.t.ppf(p, df)] for p, df in ((0.975, 1), (0.975, 19), (0.95, 159), (0.975, 1e5))
    ],
    "mcnemar": [
        [lost, won, stats.binomtest(won, lost + won).pvalue if lost + won else 1.0]
        for lost, won in ((0, 0), (0, 6), (5, 5), (3, 12), (40, 61), (700, 812), (1, 0))
    ],
    "holm": [
        holm_case([0.01, 0.04, 0.03]),
        holm_case([0.2]),
        holm_case([0.5, 0.001, 0.02, 0.02, 0.9, 0.012]),
    ],
    "beta_inc": [
        [a, b, x, special.betainc(a, b, x)]
        for a, b, x in ((0.5, 0.5, 0.3), (2, 5, 0.9), (50, 0.5, 0.97), (812, 701, 0.5), (3, 3, 0.5))
    ],
    "bca_levels": [
        bca_levels_case(0.5, 0.0, 30),
        bca_levels_case(0.47, 0.03, 60),
        bca_levels_case(0.53, -0.08, 25),
    ],
}
json.dump(cases, sys.stdout, indent=1, default=float)
print()
