"""One algorithm on one table with several seeds at once: rounds that go on where a killed run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from archenc.errors import DataError
from archenc.search.algorithms.model_guided import ask_together
from archenc.search.base import Searcher
from archenc.search.domain import Domain
from archenc.search.making import start
from archenc.search.recipes import Start
from archenc.search.strategies import DRAWN_BY_SPACE
from archenc.store import write_json

SNAPSHOT_SECONDS = 5.0


@dataclass(frozen=True)
class Method:
    """An algorithm by name with its options, and the encodings of its three subroutines, or None.

    encoder: that its predictor reads. sample, perturb: in which it draws architectures, and changes them.
    label: what it is called in tables; by default the algorithm as spelled.
    """

    algorithm: str
    encoder: str | None = None
    label: str = ""
    sample: str | None = None
    perturb: str | None = None

    @property
    def names(self) -> tuple[str, str]:
        """Method and encoding, as in the columns of results."""
        spelled = self.encodings if self.label else self._spelled()
        return self.label or self.algorithm, " ".join(spelled) or "default"

    @property
    def encodings(self) -> list[str]:
        """Those of its subroutines, by name."""
        return [text for text in (self.encoder, self.sample, self.perturb) if text is not None]

    @property
    def spelled(self) -> list[str | None]:
        """What the histories depend on, as plain values."""
        return [self.algorithm, self.encoder, *(text for text in self._spelled() if text != self.encoder)]

    def begin(self, scores: Any = None) -> Start:
        """Return what starts its searches; scores: for encoders that take some. Raises UnknownName."""
        given = {"encoder": self.encoder, "sample": self.sample, "perturb": self.perturb}
        return start(self.algorithm, **{name: _with_scores(text, scores) for name, text in given.items()})

    def _spelled(self) -> list[str]:
        parts = {"": self.encoder, "sample=": self.sample, "perturb=": self.perturb}
        return [f"{name}{text}" for name, text in parts.items() if text is not None]


def _with_scores(encoder: str | None, scores: Any) -> Any:
    """Return the name of an encoder, or an unfitted one where it takes scores."""
    from archenc.pipelines.by_name import encoders, takes_scores

    if encoder is None or encoder in DRAWN_BY_SPACE or not takes_scores(encoder):
        return encoder
    made = encoders(encoder, scores=scores, missing="indicator")
    return made[0] if len(made) == 1 else made


@dataclass(frozen=True)
class Problem:
    """What is searched, in simulation.

    values: of every architecture of a listed domain, higher is better; a column an objective if several.
    """

    domain: Domain
    values: Float64[np.ndarray, "n ..."]
    budget: int

    @property
    def objectives(self) -> int:
        """Numbers told of an architecture."""
        return int(np.prod(self.values.shape[1:]))

    def evaluate(self, searcher: Searcher, archs: list[Any]) -> None:
        """Tell a searcher what the table says."""
        found = self.values[[self.domain.number(arch) for arch in archs]].tolist()
        searcher.tell(archs, [tuple(one) if isinstance(one, list) else one for one in found])


@dataclass(frozen=True)
class Run:
    """The history of one seed: numbers of the domain in order, each paid for; and the seconds it took."""

    seed: int
    numbers: list[int]
    seconds: float


def simulate(
    problem: Problem,
    begin: Start,
    seeds: list[int],
    snapshot: Path | None = None,
    *,
    on_round: Callable[[int, float], None] | None = None,
    every: float = SNAPSHOT_SECONDS,
) -> list[Run]:
    """Search with several seeds side by side, which share the training of their models.

    snapshot: a file that is written every so many seconds; where it is there, the searches go on from it, to
    the histories they would have had undisturbed. It is removed at the end. on_round: told how many
    evaluations are done, and the mean of the best values. Raises DataError for a snapshot of something else.
    """
    searchers = [begin(problem.domain, seed=seed, objectives=problem.objectives) for seed in seeds]
    gone = _restore(searchers, seeds, snapshot)
    begun = written = time.monotonic()
    while active := [s for s in searchers if s.evaluations < problem.budget]:
        size = min(problem.budget - s.evaluations for s in active)
        wanted = min((s.round or 1 for s in active), default=1)
        asked = ask_together(active, min(size, wanted))
        if not any(asked):
            break
        for searcher, archs in zip(active, asked, strict=True):
            problem.evaluate(searcher, archs)
        if on_round is not None:
            on_round(sum(s.evaluations for s in searchers), _mean_best(searchers))
        if snapshot is not None and time.monotonic() - written > every:
            seconds = gone + time.monotonic() - begun
            states = [searcher.state_dict() for searcher in searchers]
            write_json(snapshot, {"seeds": seeds, "seconds": seconds, "states": states})
            written = time.monotonic()
    each = (gone + time.monotonic() - begun) / len(seeds)
    if snapshot is not None:
        snapshot.unlink(missing_ok=True)
    number = problem.domain.number
    return [
        Run(seed, [number(arch) for arch, _ in searcher.told], each)
        for seed, searcher in zip(seeds, searchers, strict=True)
    ]


def curve(problem: Problem, numbers: list[int]) -> Float64[np.ndarray, " budget"]:
    """Return the best value so far after each evaluation; its last where the domain ended before."""
    best = np.fmax.accumulate(problem.values[numbers])
    return np.concatenate([best, np.full(problem.budget - len(best), best[-1])])


def _restore(searchers: list[Searcher], seeds: list[int], snapshot: Path | None) -> float:
    import json

    if snapshot is None or not snapshot.exists():
        return 0.0
    try:
        kept = json.loads(snapshot.read_text(encoding="utf-8"))
        if kept["seeds"] != seeds:
            raise DataError(f"{snapshot}: of the seeds {kept['seeds']}, expected {seeds}")
        for searcher, state in zip(searchers, kept["states"], strict=True):
            searcher.load_state_dict(state)
        return float(kept["seconds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{snapshot}: damaged ({error}); remove it to begin again") from error


def _mean_best(searchers: list[Searcher]) -> float:
    best = [searcher.best_worth for searcher in searchers]
    return float(np.mean([value for value in best if np.isfinite(value)] or [float("nan")]))
