"""Choose the margin of the guard of GATES++ on labels that no result of record uses.

    python tools/choose_guard.py JOURNAL

writes docs/results/gates_guard_choice.csv: Kendall tau of GATES++ with and without its scores, and under
guards of several margins, on digits201 and on NAS-Bench-201 after 12 epochs; some scores know nothing of
quality. JOURNAL keeps what was measured, and an interrupted run goes on there. Needs the imported table of
NAS-Bench-201; ten minutes of one core.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from archenc.graph import Architecture
from archenc.predictors import GatesPP
from archenc.predictors.stopping import agreement, held_out
from archenc.store import Journal, write_text
from archenc.tables import BenchmarkTable

OUT = Path(__file__).resolve().parents[1] / "docs" / "results" / "gates_guard_choice.csv"
COMMAND = "python tools/choose_guard.py JOURNAL"
REFERENCE, TESTED = 1000, 1500  # architectures without labels, and those that tau is of
MARGINS = (0.0, 0.02, 0.03, 0.05, 0.08)
NONE, RECIPE, GATES = "none", "none, twice the epochs and rate", "none, trained as GATES is"
FIVE = "zen+ntk+naswot+params+nasi"
DIGITS = ("digits201", "digits_val_accuracy_16ep", "digits_zc64_")
EARLY = ("nasbench201", "cifar10_val_accuracy_12ep", "cifar10_")
RUNS = (
    (DIGITS, 41, 4, (NONE, RECIPE, GATES, "noise", "zen", "plain", "jacov")),
    (EARLY, 41, 4, (NONE, RECIPE, GATES, "noise", "zen", "nasi", FIVE)),
    (EARLY, 78, 4, (NONE, RECIPE, GATES, "zen", "nasi", FIVE)),
    (EARLY, 12, 6, (NONE, GATES, "noise", "zen", FIVE)),
)
WITHOUT: dict[str, dict[str, Any]] = {
    NONE: {},
    RECIPE: {"epochs": 200, "lr": 1e-3},
    GATES: {"epochs": 200, "lr": 1e-3, "decay": "constant", "batch_size": None, "pairs": None},
}


class Setting:
    """A table cut into architectures without labels, tested ones, and those to draw training sets from."""

    def __init__(self, table: str, metric: str, prefix: str) -> None:
        self.table, self.prefix = BenchmarkTable.open(table), prefix
        self.y = self.table.values(metric)
        order = np.random.default_rng(5).permutation(np.flatnonzero(np.isfinite(self.y)))
        self.reference, self.tested, self.pool = np.split(order, [REFERENCE, REFERENCE + TESTED])
        self.archs = self.table.architectures()

    def pick(self, rows: np.ndarray) -> list[Architecture]:
        """Return the architectures of some rows."""
        return [self.archs[row] for row in rows]

    def model(self, scores: str) -> GatesPP:
        """Return GATES++ that learns from scores, joined by +, or from none."""
        reference = self.pick(self.reference)
        if scores in WITHOUT:
            return GatesPP(aux_targets=False, reference=reference, **WITHOUT[scores])
        columns = [
            np.random.default_rng(7).random(len(self.y))
            if name == "noise"
            else self.table.values(self.prefix + name)
            for name in scores.split("+")
        ]
        values = np.column_stack(columns)[self.reference]
        return GatesPP(scores=lambda archs: values[: len(archs)], reference=reference, guard=False)


def measure(setting: Setting, model: GatesPP, n: int, trials: int) -> dict[str, Any]:
    """Return tau of each trial, and how well its held-out parts are ranked."""
    drawn = [np.random.default_rng([9, t]).permutation(setting.pool)[:n] for t in range(trials)]
    outs = [(t, out) for t in range(trials) for out in held_out(n, t)]
    rest = [(drawn[t][np.setdiff1d(np.arange(n), out)], t) for t, out in outs]

    def fitted(some: Sequence[tuple[np.ndarray, int]]) -> list[GatesPP]:
        return model.fit_trials([(setting.pick(rows), setting.y[rows], t) for rows, t in some])

    tested, truth = setting.pick(setting.tested), setting.y[setting.tested]
    whole = fitted([(rows, t) for t, rows in enumerate(drawn)])
    taus: list[Any] = [kendalltau(one.predict(tested), truth) for one in whole]
    held: list[list[float]] = [[] for _ in range(trials)]
    for one, (t, out) in zip(fitted(rest), outs, strict=True):
        scores = one.predict(setting.pick(drawn[t]))
        held[t].append(agreement(scores, setting.y[drawn[t]], out))
    return {"tau": [float(tau.statistic) for tau in taus], "held": [float(np.mean(one)) for one in held]}


def lines(known: dict[tuple[str, int, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each setting, size and scores: tau with them, without, and under each margin."""
    found = []
    for (table, n, scores), one in known.items():
        base = known[table, n, NONE]
        tau, other = np.array(one["tau"]), np.array(base["tau"])
        lost = np.array(base["held"]) - np.array(one["held"])
        line = {"table": table, "labels": n, "scores": scores, "trials": len(tau), "tau": tau.mean()}
        if scores not in WITHOUT:
            line["without"] = other.mean()
            line |= {f"margin {m}": np.where(lost <= m, tau, other).mean() for m in MARGINS}
        found.append(line)
    guarded = [line for line in found if "without" in line]
    means = {key: float(np.mean([line[key] for line in guarded])) for key in _columns()[4:]}
    return [*found, {"scores": "mean of the lines with scores", **means}]


def _columns() -> list[str]:
    return ["table", "labels", "scores", "trials", "tau", "without", *[f"margin {m}" for m in MARGINS]]


def main() -> None:
    """Measure what is not known, and write."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    journal = Journal(Path(sys.argv[1]))
    known = {(one["table"], one["n"], one["scores"]): one for one in journal.records()}
    for names, n, trials, all_scores in RUNS:
        setting = None
        for scores in all_scores:
            if (names[0], n, scores) in known:
                continue
            setting = setting or Setting(*names)
            one = measure(setting, setting.model(scores), n, trials)
            known[names[0], n, scores] = one
            journal.append({"table": names[0], "n": n, "scores": scores, **one})
            print(names[0], n, scores, np.mean(one["tau"]).round(3), flush=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_columns(), "command"], lineterminator="\n")
    writer.writeheader()
    for line in lines(known):
        rounded = {k: round(float(v), 4) if isinstance(v, float) else v for k, v in line.items()}
        writer.writerow({**rounded, "command": COMMAND})
    write_text(OUT, text.getvalue())


if __name__ == "__main__":
    main()
