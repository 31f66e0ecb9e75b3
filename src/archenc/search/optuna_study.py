"""Optuna: our searchers as its sampler."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, final

import numpy as np

from archenc.errors import InvalidArgument, require
from archenc.graph import Architecture
from archenc.search.base import Searcher
from archenc.search.domain import spelled
from archenc.search.optuna_choices import suggest

optuna: Any = require("optuna", "optuna")

__all__ = ["PARAMETER", "ArchitectureSampler", "study_of", "suggest"]

PARAMETER = "architecture"
_LARGEST = 2**31 - 1
_TRIES = 1000


@final
class ArchitectureSampler(optuna.samplers.BaseSampler):
    """Lets a searcher of ours choose the architecture of every trial of an Optuna study.

    In the objective, `sampler.suggest(trial)` gives the architecture: the trial has its number in the domain
    as the parameter "architecture", and its spelling as a user attribute. Values, of one or several
    directions, go to the searcher as they come; a trial that fails or is pruned is a failed evaluation. A
    study that is loaded from a storage, or shared with other processes, is caught up with before each trial.
    searcher: as `make` gives it. rest: the sampler of every other parameter, by default Optuna's at random,
    seeded by `seed`. Where the domain ends the study stops. Needs the extra `optuna`.
    """

    def __init__(self, searcher: Searcher, rest: Any = None, seed: int = 0) -> None:
        if not isinstance(searcher, Searcher):
            raise InvalidArgument(f"searcher={searcher!r:.80}: expected a Searcher, as `make` gives")
        self.searcher = searcher
        self.rest = optuna.samplers.RandomSampler(seed=seed) if rest is None else rest
        self._rng = np.random.default_rng(seed)
        self._told: set[int] = set()
        self._lock = threading.RLock()  # a study may run trials in threads

    def suggest(self, trial: Any) -> Architecture:
        """Return the architecture of a trial. Raises optuna.TrialPruned where the domain has ended."""
        domain = self.searcher.domain
        most = len(domain) - 1 if domain.listed else _LARGEST
        number = trial.suggest_int(PARAMETER, 0, most)
        with self._lock:
            arch = domain.arch(number)
        trial.set_user_attr(PARAMETER, spelled(arch))
        return arch

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        """Return what `rest` finds; the architecture is drawn by itself."""
        found = self.rest.infer_relative_search_space(study, trial)
        return {name: one for name, one in found.items() if name != PARAMETER}

    def sample_relative(self, study: Any, trial: Any, search_space: Mapping[str, Any]) -> dict[str, Any]:
        """Leave other parameters to `rest`."""
        return self.rest.sample_relative(study, trial, search_space)

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        """Ask the searcher for an architecture, and `rest` for anything else."""
        if param_name != PARAMETER:
            return self.rest.sample_independent(study, trial, param_name, param_distribution)
        with self._lock:
            self._catch_up(study)
            archs = self.searcher.ask(1) or self._another()
            if not archs:
                with suppress(RuntimeError):  # of ask and tell: there is no loop to stop
                    study.stop()
                raise optuna.TrialPruned("every architecture of the domain was evaluated")
            return self.searcher.domain.number(archs[0])

    def after_trial(self, study: Any, trial: Any, state: Any, values: Sequence[float] | None) -> None:
        """Tell the searcher what came of a trial."""
        with self._lock:
            self._tell(study, trial, values if state == optuna.trial.TrialState.COMPLETE else None)
        self.rest.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed what draws other parameters; the searcher goes on from its own state."""
        self.rest.reseed_rng()

    def _catch_up(self, study: Any) -> None:
        """Tell the searcher of trials that others finished."""
        for trial in study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                self._tell(study, trial, trial.values if trial.state.name == "COMPLETE" else None)

    def _tell(self, study: Any, trial: Any, values: Sequence[float] | None) -> None:
        if trial.number in self._told or PARAMETER not in trial.params:
            return
        domain = self.searcher.domain
        if domain.listed:
            arch = domain.arch(trial.params[PARAMETER])
        elif PARAMETER in trial.user_attrs:  # numbers of such a domain are of one process
            arch = domain.arch(domain.read(trial.user_attrs[PARAMETER]))
        else:
            return
        self._told.add(trial.number)
        signs = [1 if one.name == "MAXIMIZE" else -1 for one in study.directions]
        found = [math.nan] * len(signs) if values is None else list(values)
        worth = tuple(sign * value for sign, value in zip(signs, found, strict=True))
        self.searcher.tell([arch], [worth if self.searcher.objectives > 1 else worth[0]])

    def _another(self) -> list[Architecture]:
        """Return something new at random, where the algorithm waits for what others still evaluate."""
        domain = self.searcher.domain
        known = {domain.number(arch) for arch in self.searcher.pending}
        known |= {domain.number(arch) for arch, _ in self.searcher.told}
        if not self.searcher.pending:
            return []
        drawn = (domain.sample(self._rng) for _ in range(_TRIES))
        return domain.archs([number for number in drawn if number not in known][:1])


def study_of(searcher: Searcher, *, direction: str | Sequence[str] = "maximize", **options: Any) -> Any:
    """Return an Optuna study that a searcher of ours guides: `ask`, `tell`, `optimize`, `best_trial`, ...

    direction: one, or one an objective. options: of `optuna.create_study`, such as storage and study_name.
    Its sampler is an `ArchitectureSampler`. Raises InvalidArgument for another number of objectives.
    """
    directions = [direction] if isinstance(direction, str) else list(direction)
    if len(directions) != searcher.objectives:
        raise InvalidArgument(f"direction={direction!r}: the searcher has {searcher.objectives} objectives")
    return optuna.create_study(directions=directions, sampler=ArchitectureSampler(searcher), **options)
