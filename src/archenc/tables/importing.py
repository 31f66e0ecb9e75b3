"""What an importer says about a file: which columns it holds and which metrics they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from archenc import suite_zero
from archenc.tables.metric import Metric

Style = Literal["native", "naslib", "index"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A value that stands for "missing" in a public file, and the reason it stands for."""

    reason: str
    matches: Callable[[Float64[np.ndarray, " n"]], Bool[np.ndarray, " n"]]


BLANK = Rule("blank in the source", np.isnan)
INFINITE = Rule("infinite in the source", np.isinf)
SENTINEL = Rule(
    "sentinel of the source (|value| >= 1e7 stands for NaN or an infinite score)",
    lambda values: np.abs(values) >= suite_zero.SENTINEL,
)
NOT_MEASURED = Rule("-1 in the source: no measurement", lambda values: values == -1)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a file read as one metric: value = column x scale, missing where a rule matches.

    Blank and infinite cells are missing everywhere, without a rule of their own.
    """

    column: str
    metric: Metric
    scale: float = 1.0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows read from a file: architectures spelt in one style, and columns of numbers of the same length.

    also: the same architectures spelt again, where the file has two spellings; they must agree.
    """

    keys: Sequence[str] | Sequence[int]
    style: Style
    columns: Mapping[str, Float64[np.ndarray, " n"]]
    also: tuple[Sequence[str] | Sequence[int], Style] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One public file: its catalogue name, how to read it, and the metrics it gives.

    Earlier sources come first where two give one metric: the value of the first is kept, the other is
    compared with it.
    """

    file: str
    read: Callable[[Path], Iterable[Sheet]]
    fields: tuple[Field, ...]

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics this file gives."""
        return list(dict.fromkeys(field.metric.name for field in self.fields))
