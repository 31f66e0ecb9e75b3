"""The official distribution: three trainings of every cell, at 108 epochs or at each of four lengths."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple, final

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError, InvalidArchitecture
from archenc.tables.importers.nasbench101.graphs import hashes
from archenc.tables.importers.nasbench101.model_metrics import Evaluation, decode
from archenc.tables.importers.nasbench101.one_run import BUDGETS, NB101, params
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.tfrecord import read_tfrecord

RUNS = 3
"""Trainings of each cell for each number of epochs."""

_POINTS = ("halfway", "final")
_QUANTITIES = ("seconds", "train", "val", "test")
_FIRST_CAPACITY = 1024


class Training(NamedTuple):
    """One record: a training of a cell. evaluations: half way and at the end."""

    key: str
    spelling: str
    epochs: int
    params: int
    evaluations: tuple[Evaluation, Evaluation]


def _read(path: Path) -> list[Sheet]:
    """Gather all trainings of a file. Memory: 216 bytes a cell and number of epochs, and the keys."""
    trainings = _Trainings(path)
    for number, content in enumerate(read_tfrecord(path)):
        trainings.add(_training(content, number, path), number)
    return [trainings.sheet()]


def _training(content: bytes, number: int, path: Path) -> Training:
    """Read a record: `[hash, epochs, adjacency, operations, metrics]` in JSON, the metrics in base 64."""
    try:
        record = json.loads(content)
        if not isinstance(record, list) or list(map(type, record)) != [str, int, str, str, str]:
            raise ValueError("a record is not [hash, epochs, adjacency, operations, metrics]")
        key, epochs, adjacency, operations, raw = record
        metrics = decode(base64.b64decode(raw, validate=True))
        if epochs not in BUDGETS:
            raise ValueError(f"{epochs} epochs; expected one of {', '.join(map(str, BUDGETS))}")
        _start, *later = metrics.evaluations
        halfway, final = later
        if not halfway.epoch <= final.epoch:
            raise ValueError(f"it was evaluated at epochs {halfway.epoch} and then {final.epoch}")
        return Training(key, f"{adjacency}|{operations}", epochs, metrics.params, (halfway, final))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: record {number} is not of the expected layout: {error}") from error


@final
class _Trainings:
    """Values `[cell, run, point, quantity]` for each number of epochs, grown as cells come up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place: dict[str, int] = {}
        self._spellings: list[str] = []
        self._params: list[int] = []
        self._first: list[int] = []
        self._runs: dict[int, list[int]] = {}
        self._values: dict[int, Float64[np.ndarray, "cells runs points quantities"]] = {}

    def add(self, training: Training, number: int) -> None:
        """Keep what a record says. Raises DataError where it does not fit what was said before."""
        place = self._place.get(training.key)
        if place is None:
            place = self._place[training.key] = len(self._place)
            self._spellings.append(training.spelling)
            self._params.append(training.params)
            self._first.append(number)
        elif (self._spellings[place], self._params[place]) != (training.spelling, training.params):
            raise DataError(
                f"{self._path}: record {number} is of the cell {training.key}, with another graph or another "
                f"number of parameters than before"
            )
        runs = self._runs.setdefault(training.epochs, [])
        runs += [0] * (place + 1 - len(runs))
        if runs[place] == RUNS:
            raise DataError(
                f"{self._path}: record {number} is training {RUNS + 1} of {training.key} with "
                f"{training.epochs} epochs; expected {RUNS}"
            )
        self._room(training.epochs, place)[place, runs[place]] = [
            evaluation[1:] for evaluation in training.evaluations
        ]
        runs[place] += 1

    def _room(self, epochs: int, place: int) -> Float64[np.ndarray, "cells runs points quantities"]:
        values = self._values.get(epochs)
        if values is None or place >= len(values):
            capacity = max(_FIRST_CAPACITY, 2 * place)
            grown = np.full((capacity, RUNS, len(_POINTS), len(_QUANTITIES)), np.nan)
            if values is not None:
                grown[: len(values)] = values
            values = self._values[epochs] = grown
        return values

    def _check_hashes(self) -> None:
        keys = list(self._place)
        try:
            for place, key in hashes(self._spellings):
                if key != keys[place]:
                    raise DataError(
                        f"{self._path}: record {self._first[place]} has the hash {keys[place]}, but {key} is "
                        f"that of its graph"
                    )
        except InvalidArchitecture as error:
            raise DataError(f"{self._path}: the graph of a record is none: {error}") from error

    def sheet(self) -> Sheet:
        """Return all columns; a mean is missing where a training is.

        Raises DataError: a hash that is not that of the graph, impossible values.
        """
        self._check_hashes()
        n = len(self._place)
        columns = {"params": np.array(self._params, dtype=np.float64)}
        for epochs in sorted(self._values):
            self._room(epochs, n - 1)
            values = self._values[epochs][:n]
            seconds, accuracies = values[..., 0], values[..., 1:]
            for name, part, most in (("seconds", seconds, np.inf), ("accuracy", accuracies, 1.0)):
                wrong = (part < 0) | (part > most) | np.isinf(part)
                if wrong.any():
                    raise DataError(f"{self._path}: {name} {part[wrong][0]} of a training is impossible")
            for (i, point), (j, quantity) in product(enumerate(_POINTS), enumerate(_QUANTITIES)):
                for run in range(RUNS):
                    columns[_column(epochs, point, quantity, run)] = values[:, run, i, j]
                columns[_column(epochs, point, quantity, None)] = values[:, :, i, j].mean(axis=1)
        return Sheet(list(self._place), "key", columns)


def _column(epochs: int, point: str, quantity: str, run: int | None) -> str:
    return f"{epochs} {point} {quantity} {'mean' if run is None else run}"


def _fields(epochs: int) -> Iterator[Field]:
    runs = (None, *range(RUNS))
    for point, quantity, run in product(reversed(_POINTS), ("val", "test", "train", "seconds"), runs):
        yield Field(_column(epochs, point, quantity, run), _metric(epochs, point, quantity, run))


def _metric(epochs: int, point: str, quantity: str, run: int | None) -> Metric:
    timed = quantity == "seconds"
    what = "training_seconds" if timed else f"{quantity}_accuracy"
    which = "mean" if run is None else f"run{run + 1}"
    half = point == "halfway"
    note = f"{'mean of the three trainings' if run is None else f'training {run + 1} of three'}"
    if half:
        note += f", half way through the schedule of {epochs} epochs"
    return Metric(
        name=f"cifar10_{what}_{epochs}ep_{'halfway_' if half else ''}{which}",
        dataset="cifar10",
        quantity="seconds" if timed else "accuracy",
        split=None if timed else quantity,
        epochs=epochs // 2 if half else epochs,
        unit="s" if timed else "fraction",
        direction="min" if timed else "max",
        runs="mean of 3" if run is None else "one",
        note=f"{note}; {NB101}",
    )


def _source(file: str, budgets: tuple[int, ...]) -> Source:
    fields = [field for epochs in reversed(budgets) for field in _fields(epochs)]
    return Source(file, _read, (*fields, Field("params", params())))


SOURCES = (
    _source("nb101/nasbench_full.tfrecord", BUDGETS),
    _source("nb101/nasbench_only108.tfrecord", (108,)),
)
