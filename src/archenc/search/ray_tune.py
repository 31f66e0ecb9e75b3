"""Ray Tune: a searcher of ours as its search algorithm."""

from __future__ import annotations

import math
from typing import Any, final

from archenc.errors import InvalidArgument, require
from archenc.search.base import Searcher
from archenc.search.domain import spelled

tune_search: Any = require("ray.tune.search", "ray")


@final
class TuneSearcher(tune_search.Searcher):
    """Gives Ray Tune the next architecture: `config["architecture"]` of a trial is its native spelling.

    searcher: as `make` gives it, with one objective. metric, mode: what trials report, and "max" or "min".
    A trial that fails is a failed evaluation. Ray Tune decides how many run at once. Needs `ray[tune]`.
    """

    def __init__(self, searcher: Searcher, metric: str, mode: str = "max") -> None:
        if searcher.objectives != 1:
            raise InvalidArgument(f"searcher: {searcher.objectives} objectives; Ray Tune has one metric")
        if mode not in ("max", "min"):
            raise InvalidArgument(f"mode={mode!r}; legal: max, min")
        super().__init__(metric=metric, mode=mode)
        self.searcher = searcher
        self._running: dict[str, Any] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the configuration of a trial; None while the algorithm waits; "FINISHED" at the end."""
        archs = self.searcher.ask(1)
        if not archs:
            return None if self._running else tune_search.Searcher.FINISHED
        self._running[trial_id] = archs[0]
        return {"architecture": spelled(archs[0])}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell the searcher what came of a trial."""
        arch = self._running.pop(trial_id, None)
        if arch is None:
            return
        value = math.nan if error or result is None else float(result.get(self.metric, math.nan))
        self.searcher.tell([arch], [value if self.mode == "max" else -value])

    def save(self, checkpoint_path: str) -> None:
        """Keep the state of the searcher in a file."""
        from archenc.store import write_json

        write_json(checkpoint_path, self.searcher.state_dict())

    def restore(self, checkpoint_path: str) -> None:
        """Go on from a file of `save`; what was running then is running no more, and has failed."""
        import json
        from pathlib import Path

        self.searcher.load_state_dict(json.loads(Path(checkpoint_path).read_text(encoding="utf-8")))
        lost = self.searcher.pending
        self.searcher.tell(lost, [math.nan] * len(lost))
