"""The authors' own file: all networks of both spaces, every task, every epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import DataError
from archenc.tables.importers.transnasbench101.tasks import TASKS, TNB101, measure
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.pickles import unpickling
from archenc.tables.torch_files import Tensor, read_torch
from archenc.tables.unpickling import Kept, array

_INFO = ("encoder_params", "model_params", "encoder_FLOPs", "model_FLOPs", "inference_time")


@dataclass(frozen=True, slots=True)
class _Ends:
    """What is kept of a curve."""

    final: float
    best: float


def _shrink(entries: dict[Any, Any]) -> None:
    """Replace every curve of a training by its end and its maximum as soon as all of them are read."""
    curves = entries.get("metrics")
    if not isinstance(curves, dict) or any(isinstance(curve, _Ends) for curve in curves.values()):
        return
    entries["metrics"] = {name: _ends(curve) for name, curve in curves.items()}
    for curve in curves.values():
        if isinstance(curve, list):
            curve.clear()


def _ends(curve: Any) -> _Ends:
    values = _numbers(curve)
    if values.ndim != 1 or not len(values):
        raise ValueError("a curve without epochs, or read already")
    return _Ends(float(values[-1]), float(values.max()))


def _numbers(value: Any) -> np.ndarray:
    """Return a list, an array of numpy or a tensor as numbers."""
    if isinstance(value, Tensor):
        return value.numpy()
    if isinstance(value, Kept):
        return array(value)
    items = value if isinstance(value, list | tuple) else [value]
    return np.array([item.numpy().item() if isinstance(item, Tensor) else item for item in items], np.float64)


def _read(space: str, path: Path) -> list[Sheet]:
    """Read `{data: {space: {architecture: {task: {metrics, model_info}}}}}` for one of the two spaces."""
    content = read_torch(path, shrink=_shrink)
    with unpickling(path, "a file of TransNAS-Bench-101"):
        archs = content["data"][space]
        if not archs:
            raise DataError(f"{path}: it has no architecture of the space {space!r}")
        columns = {
            column: np.array([take(results) for results in archs.values()], dtype=np.float64)
            for column, take in _takes().items()
        }
        return [Sheet(list(archs), "spelling", columns)]


def _takes() -> dict[str, Callable[[Any], float]]:
    """Return, for each column, what takes its value out of the results of an architecture."""
    takes: dict[str, Callable[[Any], float]] = {}
    for task, member in TASKS.items():
        for split in ("valid", "test"):
            for end in ("final", "best"):
                takes[f"{task} {split} {end}"] = partial(_end, task, f"{split}_{member.curve}", end)
        for name in _INFO:
            takes[f"{task} {name}"] = partial(_info, task, name)
    return takes


def _end(task: str, curve: str, end: str, results: Any) -> float:
    ends = results[task]["metrics"].get(curve)
    return np.nan if ends is None else getattr(ends, end)


def _info(task: str, name: str, results: Any) -> float:
    value = results[task]["model_info"].get(name)
    return np.nan if value is None else float(_numbers(value).reshape(()))


def _about(task: str, name: str) -> Metric:
    return Metric(
        name=f"{task}_official_{name.lower()}",
        dataset=task,
        quantity=name,
        unit="not stated",
        direction="min" if name == "inference_time" else None,
        note=f"{name} as the official file has it, which names no unit; {TNB101}",
    )


_FIELDS = tuple(
    field
    for task in TASKS
    for field in (
        Field(f"{task} valid final", measure(task, "final")),
        Field(f"{task} valid best", measure(task, "best")),
        Field(f"{task} test final", measure(task, "final", "test")),
        *(Field(f"{task} {name}", _about(task, name)) for name in _INFO),
    )
)
_FILE = "tnb101/transnas-bench_v10141024.pth"

MICRO = Source(_FILE, partial(_read, "micro"), _FIELDS)
MACRO = Source(_FILE, partial(_read, "macro"), _FIELDS)
