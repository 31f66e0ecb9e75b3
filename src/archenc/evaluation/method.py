"""What is compared: an unfitted estimator under the name it has in the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import clone

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, as_batch
from archenc.pipelines.by_name import uses

GRAPH = "graph"
"""Name in the column `encoding` for a predictor that reads the architecture itself and nothing else."""

_SEEDS = ("seed", "random_state")


@dataclass(frozen=True, slots=True)
class Method:
    """An unfitted scikit-learn estimator and its two names in the tables: method (predictor) and encoding."""

    method: str
    encoding: str
    estimator: Any

    @property
    def label(self) -> str:
        """Both names, as they are printed."""
        return self.method if self.encoding == GRAPH else f"{self.method} · {self.encoding}"

    def fresh(self, seed: int) -> Any:
        """Return an unfitted clone in which every seed is `seed`."""
        return seeded(clone(self.estimator), seed)


def seeded(estimator: Any, seed: int) -> Any:
    """Set every parameter called `seed` or `random_state`, also in steps of a Pipeline; return it."""
    seeds = {name: seed for name in estimator.get_params(deep=True) if name.rsplit("__", 1)[-1] in _SEEDS}
    return estimator.set_params(**seeds) if seeds else estimator


def with_reference(methods: Sequence[Method], reference: Any, *, needed: bool = True) -> tuple[Method, ...]:
    """Return methods that see `reference`, architectures without labels, wherever their estimators take them.

    Those that take none stay as they are: they are compared on the same architectures. Raises
    InvalidArgument where none takes a reference, if one is needed: the held-out architectures would be lost
    silently.
    """
    if isinstance(reference, list) and isinstance(reference[0], Architecture):
        reference = as_batch(
            reference
        )  # an estimator copies its parameters with every clone: arrays copy fast
    given, taken = [], False
    for method in methods:
        copy: Any = clone(method.estimator)
        names = _references(copy.get_params(deep=True))
        taken = taken or bool(names)
        given.append(replace(method, estimator=copy.set_params(**dict.fromkeys(names, reference))))
    if needed and not taken:
        labels = ", ".join(method.label for method in methods)
        raise InvalidArgument(
            f"reference: nothing in {labels} takes a reference; leave reference=0, or use an encoder or a "
            f"predictor with that parameter (zero_cost, gates_pp)"
        )
    return tuple(given)


def _references(params: Mapping[str, Any]) -> list[str]:
    """Return the parameters called `reference`, nested ones too, of what makes use of one."""
    found = []
    for name in params:
        prefix, _, last = name.rpartition("__")
        if last == "reference":
            own = {
                key.rpartition("__")[2]: v for key, v in params.items() if key.rpartition("__")[0] == prefix
            }
            if uses(last, own):
                found.append(name)
    return found


def as_methods(methods: Any) -> tuple[Method, ...]:
    """Return methods as a tuple, from one Method, several, or one bare estimator (named after its class).

    Raises InvalidArgument where two carry the same names, since their results could not be told apart.
    """
    if isinstance(methods, Method):
        listed: tuple[Any, ...] = (methods,)
    elif hasattr(methods, "get_params"):
        listed = (Method(type(methods).__name__, GRAPH, methods),)
    else:
        listed = tuple(methods)
    if not listed or not all(isinstance(method, Method) for method in listed):
        raise InvalidArgument(f"methods={methods!r}: expected an estimator, a Method or several Methods")
    labels = [method.label for method in listed]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise InvalidArgument(f"methods: {', '.join(twice)} occurs twice; give each its own names")
    for method in listed:
        for needed in ("get_params", "fit", "predict"):
            if not hasattr(method.estimator, needed):
                raise InvalidArgument(
                    f"method {method.label}: {method.estimator!r} has no {needed}; expected an estimator"
                )
    return listed
