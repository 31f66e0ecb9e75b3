"""Train one shard of a benchmark: a function of the plan alone, on whatever machine."""

from __future__ import annotations

import time
from typing import Any

from archenc.graph import Architecture
from archenc.networks.benchmark.plan import Plan, Shard
from archenc.networks.building import build
from archenc.networks.nasbench201 import NasBench201Network
from archenc.networks.stacked import Stack
from archenc.networks.threads import single_thread
from archenc.networks.training import Curves, fit, train
from archenc.spaces import space
from archenc.store import content_key

_DECIMALS = 5
"""Of losses and percents; what is behind is the rounding of 32-bit floats."""


def train_shard(plan: Plan, shard: Shard) -> dict[str, Any]:
    """Return what the trainings of a shard measured, as plain values.

    "shard": its number. "curves": `{split}_{quantity}_{epoch}ep` -> a number a row, None where a training
    diverged; the same on every run, whatever else the machine does. "seconds": wall-clock time a training.
    """
    begin = time.perf_counter()
    data, recipe = plan.data, plan.recipe
    with single_thread():
        modules = [
            build(
                arch,
                plan.task,
                seed=initial_seed(arch, shard.seed),
                input_shape=data.input_shape,
                n_classes=data.n_classes,
                **plan.skeleton,
            )
            for arch in plan.architectures(shard)
        ]
        stackable = [module for module in modules if isinstance(module, NasBench201Network)]
        if len(stackable) == len(modules):
            curves = fit(Stack(stackable), data, recipe, shard.seed)
        else:
            curves = train(modules, data, recipe, shard.seed)
    seconds = (time.perf_counter() - begin) / len(shard.rows)
    return {"shard": shard.number, "curves": _plain(curves), "seconds": seconds}


def initial_seed(arch: Architecture, seed: int) -> int:
    """Return the seed of the initial weights: it follows from the cell and the seed, not from the shard."""
    return int(content_key("initial weights", arch.space, space(arch.space).format(arch), seed)[:15], 16)


def _plain(curves: Curves) -> dict[str, list[float | None]]:
    return {
        f"{split}_{quantity}_{epoch}ep": [
            None if value != value else round(float(value), _DECIMALS) for value in values
        ]
        for (split, quantity, epoch), values in curves.items()
    }
