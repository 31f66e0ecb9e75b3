"""Train the networks of a folder on digits, every seed of each, and keep every finished training.

    python -m benchmarks.train_candidates benchmarks/candidates --out runs/candidates.jsonl

A killed run continues when it is started again. A line holds what one training measured, in percent on the
validation images and on the test images, and its seconds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from archenc.networks.datasets import digits
from archenc.networks.training import Recipe, train
from archenc.pipelines.candidates.loading import load, python_files
from archenc.progress import bar
from archenc.store import Journal

RECIPE = Recipe(epochs=10, batch_size=32, lr=0.004, weight_decay=0.01, optimiser="adamw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data, journal = digits(train=512, val=640), Journal(arguments.out)
    done = {(record["candidate"], record["seed"]) for record in journal}
    found = [one for path in python_files(arguments.folder) for one in load(path)]
    wanted = [(one, seed) for seed in range(arguments.seeds) for one in found]
    wanted = [(one, seed) for one, seed in wanted if (one.name, seed) not in done]
    with bar("trainings", shown=True, total=len(wanted)) as show:
        for one, seed in wanted:
            module, start = one.build(seed), time.perf_counter()
            curves = train([module], data, RECIPE, seed)
            measured = {part: float(curves[part, "accuracy", RECIPE.epochs][0]) for part in ("val", "test")}
            seconds = round(time.perf_counter() - start, 3)
            journal.append({"candidate": one.name, "seed": seed, **measured, "seconds": seconds})
            show.advance(one.name)


if __name__ == "__main__":
    main()
