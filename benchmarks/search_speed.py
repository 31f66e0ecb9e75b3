"""Train the networks of BANANAS together, and one after another: processor seconds of one thread."""

from __future__ import annotations

import csv
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from archenc.networks.threads import single_thread
from archenc.search.surrogates.ensemble import RECIPES
from archenc.search.surrogates.stacked import Recipe, train

EVALUATED, EPOCHS, ROUNDS = 256, 8, 3
WIDTHS = {"naszilla": 40, "cole": 155}
NETWORKS = {"naszilla": (5, 125, 500), "cole": (3, 75, 300)}


def one(X: np.ndarray, y: np.ndarray, recipe: dict[str, Any]) -> None:
    """Train one network as one writes it down."""
    widths = [X.shape[1], *recipe["hidden"]]
    layers = [
        part for into, out in pairwise(widths) for part in (torch.nn.Linear(into, out), torch.nn.ReLU())
    ]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-1], 1))
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe["lr"], betas=(0.9, 0.99))
    inputs, labels = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(y)).split(recipe["batch"]):
            off = network(inputs[rows])[:, 0] - labels[rows]
            loss = recipe["absolute"] * off.abs().mean() + recipe.get("squared", 0.0) * off.square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def least(work: Any) -> float:
    """Return the least processor seconds of a few runs, after one that warms up."""
    work()
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for preset, recipe in RECIPES.items():
        X, y = rng.normal(size=(EVALUATED, WIDTHS[preset])), rng.normal(size=EVALUATED)
        with single_thread():
            alone = least(lambda X=X, y=y, recipe=recipe: one(X, y, recipe))
        steps = EPOCHS * EVALUATED // recipe["batch"]
        short = Recipe(**{**recipe, "epochs": EPOCHS})
        for k in NETWORKS[preset]:
            together = least(
                lambda X=X, y=y, k=k, short=short: train([X] * k, [y] * k, list(range(k)), short)
            )
            rows.append((preset, k, 1e3 * together / steps, 1e3 * alone / steps, k * alone / together))
            print(
                f"{preset:<10} {k:>4} networks   {1e3 * together / steps:7.1f} ms a step together   "
                f"{1e3 * alone / steps:5.2f} ms a step each alone   {rows[-1][-1]:6.1f} times"
            )
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open("w", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(["preset", "networks", "ms_a_step_together", "ms_a_step_alone", "ratio"])
            writer.writerows((p, k, round(a, 3), round(b, 3), round(r, 2)) for p, k, a, b, r in rows)


if __name__ == "__main__":
    main()
