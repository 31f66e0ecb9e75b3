"""Train the cells of a benchmark together, and one after another: processor seconds of one thread."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import numpy as np

from archenc.networks import build, datasets
from archenc.networks.benchmark import Plan, distinct
from archenc.networks.benchmark.shard import train_shard
from archenc.networks.threads import single_thread
from archenc.networks.training import Recipe, train

SKELETON = {"channels": 8, "cells": 1, "stages": 1, "stem_stride": 2}
CELLS = 64


def main() -> None:
    data, recipe = datasets.digits(), Recipe(epochs=4)
    plan = Plan("nb201", distinct("nb201"), data, recipe, skeleton=SKELETON, shard_size=CELLS)
    shard = plan.shards[0]
    with single_thread():
        networks = [
            build(arch, seed=0, input_shape=data.input_shape, n_classes=data.n_classes, **SKELETON)
            for arch in plan.architectures(shard)
        ]
        start = time.process_time()
        alone = train(networks, data, recipe)
        one_by_one = time.process_time() - start
        start = time.process_time()
        together = train_shard(plan, shard)
        stacked = time.process_time() - start
    rows = [
        ("one after another", one_by_one / CELLS, 1.0),
        (f"{CELLS} together", stacked / CELLS, one_by_one / stacked),
    ]
    for name, seconds, ratio in rows:
        print(f"{name:<20} {1e3 * seconds:7.1f} ms a cell of {recipe.epochs} epochs   {ratio:5.1f} times")
    medians = (
        np.median(alone["val", "loss", 4]),
        np.nanmedian(np.array(together["curves"]["val_loss_4ep"], dtype=float)),
    )
    print(
        f"median validation loss {medians[0]:.3f} and {medians[1]:.3f}: the same job, other initial weights"
    )
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open("w", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(["way", "seconds_a_cell", "ratio"])
            writer.writerows((name, round(seconds, 4), round(ratio, 2)) for name, seconds, ratio in rows)


if __name__ == "__main__":
    main()
