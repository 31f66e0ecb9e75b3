"""Take the last epoch of every training out of the authors' own nested results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from archenc.errors import DataError
from archenc.tables.torch_files import Tensor
from archenc.tables.unpickling import Kept

SETTINGS = {"12": 12, "200": 200, "less": 12, "full": 200}
"""Names of the two training settings, in NATS-Bench and in NAS-Bench-201, and their epochs."""

_ACCURACIES = ("eval_acc1es", "eval_accs")  # the second in the oldest files
_CURVES = ("train_acc1es", "train_acc5es", "train_accs", "train_losses", "train_times", *_ACCURACIES)
_CURVES += ("eval_losses", "eval_times")
_USED: Final = object()


@dataclass(frozen=True, slots=True)
class Training:
    """One training of one architecture.

    accuracy: at the last epoch, percent, by the name of the set ("x-valid", "x-test", "ori-test"). seconds:
    of all epochs together, None if not recorded. params, flops: millions. latency: seconds, None if not
    recorded.
    """

    seed: int
    epochs: int
    accuracy: dict[str, float]
    seconds: float | None
    params: float
    flops: float
    latency: float | None


def shrink(entries: dict[Any, Any]) -> None:
    """Replace the results of a training by a `Training` as soon as they are read.

    One architecture has some 20,000 numbers, of which a table keeps about 60.
    """
    name = next((name for name in _ACCURACIES if name in entries), None)
    if name is None:
        return
    training = _training(entries, entries[name])
    for name in _CURVES:
        if isinstance(curve := entries.get(name), dict):
            curve.clear()
            curve[_USED] = None
    entries.clear()
    entries["training"] = training


def _training(entries: Mapping[str, Any], accuracies: Mapping[Any, Any]) -> Training:
    epochs, times, latency = entries["epochs"], entries.get("train_times"), entries.get("latency")
    if _USED in accuracies or (times and _USED in times):
        raise ValueError("two trainings with one and the same curve")
    last = f"@{epochs - 1}"
    return Training(
        seed=int(entries["seed"]),
        epochs=epochs,
        accuracy={
            name.removesuffix(last): _number(value)
            for name, value in accuracies.items()
            if name.endswith(last)
        },
        seconds=sum(map(_number, times.values())) if times else None,
        params=_number(entries["params"]),
        flops=_number(entries["flop"]),
        latency=sum(map(_number, latency)) / len(latency) if latency else None,
    )


def _number(value: Any) -> float:
    if isinstance(value, Tensor):
        value = value.numpy().item()
    if not isinstance(value, (int, float)):
        raise TypeError(f"a {type(value).__name__} where a number should be")
    return float(value)


@dataclass(frozen=True, slots=True)
class Trained:
    """All trainings of one architecture: by epochs and data set (the names in the file)."""

    index: int
    spelling: str
    trainings: dict[tuple[int, str], list[Training]]


def trained(settings: Any, where: object) -> Trained:
    """Read the results of one architecture, `{setting: results}`. Raises DataError, LookupError, ..."""
    found: dict[tuple[int, str], list[Training]] = {}
    names: set[tuple[int, str]] = set()
    for setting, content in settings.items():
        if setting not in SETTINGS:
            raise DataError(f"{where}: unknown setting {setting!r}; legal: {', '.join(SETTINGS)}")
        results = _entries(content)
        names.add((int(results["arch_index"]), results["arch_str"]))
        for (dataset, seed), result in results["all_results"].items():
            training = _entries(result)["training"]
            if (training.seed, training.epochs) != (seed, SETTINGS[setting]):
                raise DataError(
                    f"{where}: a training with seed {training.seed} and {training.epochs} epochs, where "
                    f"{seed} and {SETTINGS[setting]} are announced"
                )
            found.setdefault((training.epochs, dataset), []).append(training)
    if len(names) != 1:
        raise DataError(f"{where}: expected the results of one architecture, found those of {len(names)}")
    return Trained(*names.pop(), found)


def _entries(content: Any) -> Mapping[Any, Any]:
    """Return the attributes of an object, which some files hold as a dictionary."""
    return content.state if isinstance(content, Kept) else content


def mean(values: Iterator[float | None]) -> float:
    """Return the mean of the numbers that are there, NaN without any."""
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else np.nan
