"""Run a searcher against something that evaluates architectures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError, InvalidArgument, shown
from archenc.graph import Architecture
from archenc.progress import bar
from archenc.search.base import Searcher
from archenc.search.domain import spelled
from archenc.search.pareto import pareto_front
from archenc.store import Journal, content_key, write_json
from archenc.typing import whole_number

Evaluate = Callable[[Sequence[Architecture]], Sequence[Any]]
"""Architectures to values, higher is better; NaN where an evaluation failed."""


@final
@dataclass
class History:
    """What was evaluated, in order: every entry cost one evaluation."""

    archs: list[Architecture] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.archs)

    @property
    def best(self) -> tuple[Architecture, float] | None:
        """The architecture of the highest value, and that value; None while nothing succeeded.

        Raises InvalidArgument for several objectives: they have a `front`.
        """
        values = self._of_one_objective("best")
        if np.isnan(values).all():
            return None
        row = int(np.nanargmax(values))
        return self.archs[row], self.values[row]

    @property
    def front(self) -> list[tuple[Architecture, Any]]:
        """What nothing dominates, with its values, in the order of evaluation; equal values all."""
        if not len(self):
            return []
        values = np.asarray(self.values, dtype=np.float64).reshape(len(self), -1)
        return [(self.archs[row], self.values[row]) for row in pareto_front(values).tolist()]

    @property
    def best_so_far(self) -> Float64[np.ndarray, " n"]:
        """The highest value among the first 1, 2, ... n evaluations; NaN before the first success.

        Raises InvalidArgument for several objectives.
        """
        return np.fmax.accumulate(self._of_one_objective("best_so_far"))

    def _of_one_objective(self, name: str) -> Float64[np.ndarray, " n"]:
        values = np.asarray(self.values, dtype=np.float64)
        if values.ndim > 1:
            raise InvalidArgument(
                f"{name}: this history has {values.shape[1]} objectives; take `front`, and `hypervolume`"
            )
        return values


def search(
    searcher: Searcher,
    evaluate: Evaluate,
    budget: int,
    *,
    batch: int | None = None,
    out: str | Path | None = None,
    progress: bool = False,
) -> History:
    """Ask, evaluate and tell until `budget` architectures are evaluated or the domain is exhausted.

    batch: architectures asked for at once, by default as many as the algorithm likes, or 1: for evaluation
    in parallel, as many as there are workers. The last one is cut so that exactly `budget` are evaluated.
    What the searcher was told before counts towards the budget; what it was asked for and is not told yet is
    evaluated first.
    out: a folder in which every batch is kept as soon as it is evaluated; given again with an equal searcher,
    the search goes on from there, to the same history. progress: a bar on standard error.
    Raises InvalidArgument; DataError for a folder that holds another search.
    """
    budget = whole_number("budget", budget, least=1)
    size = whole_number("batch", searcher.round or 1 if batch is None else batch, least=1)
    book = None if out is None else _Book(Path(out), searcher)
    archs = searcher.pending if book is None else book.resume(searcher)
    if book is None:
        archs = archs[: max(budget - searcher.evaluations, 0)]
    with bar("evaluations", progress, total=budget, done=searcher.evaluations) as says:
        while archs or searcher.evaluations < budget:
            if not archs:
                archs = _ask(searcher, min(size, budget - searcher.evaluations), fill=batch is not None)
                if not archs:
                    break
                if book is not None:
                    book.begin(searcher)
            values = _listed(evaluate(archs), archs)
            searcher.tell(archs, values)  # refuses what no search could learn from, before it is kept
            if book is not None:
                book.keep(archs, values)
            archs = []
            says(searcher.evaluations, note=_note(searcher) if progress else "")
    return History(*map(list, zip(*searcher.told, strict=True))) if searcher.told else History()


def _ask(searcher: Searcher, n: int, *, fill: bool) -> list[Architecture]:
    """Ask for n architectures; fill: again where a round of the algorithm is smaller."""
    found = searcher.ask(n)
    while fill and 0 < len(found) < n:
        more = searcher.ask(n - len(found))
        if not more:
            break
        found += more
    return found


def _listed(values: Any, archs: Sequence[Architecture]) -> list[Any]:
    try:
        found = list(values)
    except TypeError as error:
        raise InvalidArgument(f"evaluate gave {shown(values)}: expected a value an architecture") from error
    if len(found) != len(archs):
        raise InvalidArgument(f"evaluate gave {len(found)} values for {len(archs)} architectures")
    return found


def _note(searcher: Searcher) -> str:
    """Say how far a search has come."""
    if not np.isfinite(searcher.best_worth):
        return "nothing succeeded so far"
    if searcher.objectives == 1:
        return f"best so far {searcher.best_worth:.6g}"
    return f"{len(pareto_front(np.array([value for _, value in searcher.told])))} in the front"


class _Book:
    """What is on the disk: values in a journal, and the state of the searcher as each batch was asked for.

    Beside the state stands how the searcher began, and how many values were in the journal then.
    """

    def __init__(self, folder: Path, searcher: Searcher) -> None:
        self._journal, self._state = Journal(folder / "evaluations.jsonl"), folder / "state.json"
        self._began = content_key(searcher.state_dict(), _settings(searcher))
        self._kept = len(self._journal)

    def resume(self, searcher: Searcher) -> list[Architecture]:
        """Bring a searcher to where the last run stopped; return what it had asked for and has no value."""
        if not self._state.exists():
            return searcher.pending
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{self._state}: cannot be read ({error})") from error
        searcher.load_state_dict(state)
        if state.get("began", self._began) != self._began:
            raise DataError(
                f"{self._state}: of a search that began otherwise, with another seed, other architectures or "
                "options; give the searcher of then, or another folder"
            )
        before = state.get("journal", searcher.evaluations)
        values = [record["value"] for record in self._journal][before:]
        archs = searcher.pending
        if len(values) != len(archs):  # none; or a part, of a batch whose writing was cut
            self.begin(searcher)
            return archs
        searcher.tell(archs, [tuple(value) if isinstance(value, list) else value for value in values])
        return []

    def begin(self, searcher: Searcher) -> None:
        """Keep the state in which a batch is asked for."""
        write_json(self._state, {**searcher.state_dict(), "began": self._began, "journal": self._kept})

    def keep(self, archs: Sequence[Architecture], values: Sequence[Any]) -> None:
        """Keep the values of a batch, all or none."""
        self._journal.extend(
            [
                {"architecture": spelled(arch), "value": _plain(value)}
                for arch, value in zip(archs, values, strict=True)
            ]
        )
        self._kept += len(archs)


def _settings(searcher: Searcher) -> dict[str, Any]:
    """Return the options of a searcher, of its strategies the kind: what its state does not say."""
    plain = bool | int | float | str | None
    options = {name: value for name, value in vars(searcher).items() if not name.startswith("_")}
    return {
        name: value if isinstance(value, plain) else type(value).__name__ for name, value in options.items()
    }


def _plain(value: Any) -> Any:
    return [float(part) for part in value] if isinstance(value, Sequence | np.ndarray) else float(value)
