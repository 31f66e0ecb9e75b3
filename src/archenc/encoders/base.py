"""What every encoder is: a scikit-learn transformer from architectures to vectors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from jaxtyping import Float32
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch

if TYPE_CHECKING:
    Population = Sequence[Architecture] | GraphBatch
else:
    Population = Any  # checked by `space_of`, which says what is wrong and what would be right


class Encoder(TransformerMixin, BaseEstimator, ABC):
    """A fixed-width vector for every architecture of one space.

    `fit` learns the frame of the code (space, op order, slots, scales) from the architectures it sees and
    from nothing else; `transform` gives float32 `[n, d]`, row by row, whatever else is in X. Architectures
    come as a sequence or as a native `GraphBatch`. An encoder raises InvalidArgument for a space it cannot
    encode, and NotFittedError before `fit`. One whose codes of all spaces lie in one place (`across_spaces`)
    also transforms other spaces than `fit` saw, so that what learned on one may be used on another. A
    subclass writes `_learn`, `_encode`, `_feature_names` and the two properties; the public methods are
    final.
    """

    across_spaces: ClassVar[bool] = False

    @property
    @abstractmethod
    def injective(self) -> bool:
        """Whether different architectures of the fitted space always get different codes.

        False makes no promise. Architectures count as different if their cells differ as labelled graphs.
        """

    @property
    @abstractmethod
    def iso_invariant(self) -> bool:
        """Whether renumbering the hidden nodes of a cell (`none` being no edge) never changes its code."""

    def fit(self, X: Population, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn passes it
        """Learn the frame of the code from X; y is not used.

        Raises InvalidArgument if X is empty, mixed, or of a space that the encoder cannot encode.
        """
        self.space_ = space_of(X)
        self._learn(_listed(X))
        return self

    def transform(self, X: Population) -> Float32[np.ndarray, "n d"]:
        """Return one row an architecture.

        Raises NotFittedError before `fit`, InvalidArgument if X is not of the space that `fit` saw, unless
        `across_spaces`.
        """
        check_is_fitted(self)
        found = space_of(X)
        if found != self.space_ and not self.across_spaces:
            raise InvalidArgument(f"X is of space {found!r}, but this encoder was fitted on {self.space_!r}")
        return np.asarray(self._encode(_listed(X)), dtype=np.float32)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002 - likewise
        """Return the names of the d columns, as an array of str objects."""
        check_is_fitted(self)
        return np.array(self._feature_names(), dtype=object)

    @abstractmethod
    def _learn(self, X: Population) -> None:
        """Set every learned attribute."""

    @abstractmethod
    def _encode(self, X: Population) -> np.ndarray:
        """Return `[n, d]` for architectures of the fitted space, or of any if `across_spaces`."""

    @abstractmethod
    def _feature_names(self) -> list[str]:
        """Return d names."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags


def space_of(X: Any) -> str:
    """Return the one space of a population. Raises InvalidArgument for anything else."""
    if isinstance(X, GraphBatch):
        if X.view != "native":
            raise InvalidArgument(f"X: a GraphBatch in the view {X.view!r}; encoders take view='native'")
        return X.space
    if isinstance(X, (str, bytes)) or not isinstance(X, (Sequence, np.ndarray)) or len(X) == 0:
        raise InvalidArgument(
            f"X={_short(X)}: expected a non-empty sequence of Architecture, or a GraphBatch; "
            f"archenc.spaces.space(name).parse reads a spelling"
        )
    for position, arch in enumerate(X):
        if not isinstance(arch, Architecture):
            raise InvalidArgument(f"X[{position}]={_short(arch)}: expected an Architecture")
    names = {arch.space for arch in X}
    if len(names) > 1:
        raise InvalidArgument(f"X mixes the spaces {', '.join(sorted(names))}; encode one space at a time")
    return names.pop()


def _listed(X: Population) -> Population:
    """Return a batch as it is, and any sequence (an array of objects, say) as a list."""
    return X if isinstance(X, (GraphBatch, list)) else list(X)


def check_choice(name: str, value: object, legal: Sequence[str]) -> None:
    """Raise InvalidArgument unless the argument called `name` has one of the legal values."""
    if value not in legal:
        raise InvalidArgument(f"{name}={value!r}; legal: {', '.join(legal)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
