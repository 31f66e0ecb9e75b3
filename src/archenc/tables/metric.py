"""What a column of a benchmark table means."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from archenc.errors import DataError, InvalidArgument

Direction = Literal["max", "min"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured or computed quantity of an architecture, described well enough not to be mixed up.

    name: `{dataset}_{quantity}_{qualifier}`, the name of the column. dataset: what the network was trained or
    scored on. quantity: "accuracy", "latency", "synflow", ... split: "val", "test" or None where it means
    nothing. epochs: length of the training, None without one. unit: as in the source ("percent",
    "fraction", "ms", ...). direction: which way is better, None where neither is. runs: how many trainings or
    measurements stand behind a value, None if the source does not say. source: the files the values come
    from. note: what else must be known, with the paper.
    Raises InvalidArgument.
    """

    name: str
    dataset: str
    quantity: str
    split: str | None = None
    epochs: int | None = None
    unit: str = ""
    direction: Direction | None = None
    runs: str | None = None
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name or self.name != self.name.strip():
            raise InvalidArgument(f"name={self.name!r}: expected a column name without white space around it")
        if self.direction not in ("max", "min", None):
            raise InvalidArgument(f"{self.name}: direction={self.direction!r}: expected 'max', 'min' or None")
        if self.epochs is not None and self.epochs < 1:
            raise InvalidArgument(f"{self.name}: epochs={self.epochs!r}: expected a positive integer or None")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON keeps them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Metric:
        """Build a metric from `to_dict`'s values. Raises DataError, InvalidArgument."""
        legal = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - legal):
            name = values.get("name")
            raise DataError(f"metric {name!r}: unknown fields {unknown}; legal: {sorted(legal)}")
        try:
            return cls(**values)
        except TypeError as error:
            raise DataError(f"metric {values.get('name')!r}: {error}") from error
