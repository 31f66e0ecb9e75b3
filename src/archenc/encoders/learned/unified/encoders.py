"""Encoders that read joint weights: the codes of different spaces lie in one place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from archenc.encoders.base import Encoder, Population, space_of
from archenc.encoders.learned.arch2vec.encoder import Arch2Vec
from archenc.encoders.learned.cate.encoder import CATE, Pool
from archenc.encoders.learned.unified.frames import unified_frame
from archenc.encoders.learned.unified.training import ALL
from archenc.encoders.learned.weights import Weights, packaged
from archenc.errors import InvalidArgument


class Unified(Encoder, ABC):
    """Abstract: a code by a network that was trained on the cells of several spaces at once.

    weights: "packaged", ours, or a folder that `pretrain_jointly` made. `fit` learns nothing from the cells
    but their space, and other spaces of the joint vocabulary may follow.
    """

    across_spaces: ClassVar[bool] = True
    name: ClassVar[str]
    weights: str | Path

    @abstractmethod
    def _coder(self, known: Weights) -> CATE | Arch2Vec:
        """Return the encoder of one space that has the sizes of the weights."""

    @property
    def injective(self) -> bool:
        """False: a code is what a network made of a cell."""
        return False

    def _learn(self, X: Population) -> None:  # noqa: ARG002 - the space is all that counts
        if not isinstance(self.weights, str | Path):
            raise InvalidArgument(
                f"weights={self.weights!r}: expected 'packaged' or a folder; joint weights are made by "
                "archenc.encoders.learned.unified.training.pretrain_jointly"
            )
        known = self._known()
        if known.config["encoder"] != self.name:
            raise InvalidArgument(
                f"weights={str(self.weights)!r} are of {known.config['encoder']!r}, not of {self.name!r}"
            )
        self.coder_ = self._coder_of(self.space_, known)

    def _coder_of(self, space_name: str, known: Weights) -> CATE | Arch2Vec:
        frame = unified_frame(space_name)
        if len(frame.tokens) != len(known.config["frame"]["tokens"]):
            raise InvalidArgument(f"weights={str(self.weights)!r} were made with another vocabulary")
        coder = self._coder(known)
        coder.space_ = space_name
        coder.weights_ = Weights({**known.config, "frame": frame.to_dict()}, known.tensors)
        return coder

    def _known(self) -> Weights:
        if self.weights != "packaged":
            return Weights.load(self.weights)
        try:
            return packaged(self.name, "clean", ALL)
        except InvalidArgument as error:
            raise InvalidArgument(
                f"weights='packaged': archenc comes without joint weights of {self.name}; make them by "
                "archenc.encoders.learned.unified.training.pretrain_jointly, and give its folder as weights="
            ) from error

    def _encode(self, X: Population) -> np.ndarray:
        found = space_of(X)
        coder = self.coder_ if found == self.space_ else self._coder_of(found, self.coder_.weights_)
        return coder._encode(X)

    def _feature_names(self) -> list[str]:
        return [f"unified_{name}" for name in self.coder_._feature_names()]


@final
class UnifiedCATE(Unified):
    """CATE trained on the cells of all spaces at once; see `CATE` for pool, `Unified` for weights."""

    name: ClassVar[str] = "unified_cate"

    def __init__(self, weights: str | Path = "packaged", pool: Pool | None = None) -> None:
        self.weights = weights
        self.pool: Pool | None = pool

    @property
    def iso_invariant(self) -> bool:
        """True of the mean, as of `CATE`."""
        return self.pool in (None, "mean")

    def _coder(self, known: Weights) -> CATE:
        return CATE(pool=self.pool, **known.config["setting"])


@final
class UnifiedArch2Vec(Unified):
    """arch2vec trained on the cells of all spaces at once; see `Arch2Vec`, and `Unified` for weights."""

    name: ClassVar[str] = "unified_arch2vec"

    def __init__(self, weights: str | Path = "packaged") -> None:
        self.weights = weights

    @property
    def iso_invariant(self) -> bool:
        """True, as of `Arch2Vec`."""
        return True

    def _coder(self, known: Weights) -> Arch2Vec:
        return Arch2Vec(latent=known.config["setting"]["latent"])
