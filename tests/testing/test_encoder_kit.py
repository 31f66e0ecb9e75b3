"""The kit must catch an encoder that breaks the contract, each breach in the test meant for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from archenc.encoders.base import Encoder, Population
from archenc.graph import Architecture, as_batch
from archenc.spaces.nasbench201 import SPACE
from archenc.testing.encoder_kit import EncoderKit, relabelled

ARCHS = SPACE.sample(40, 0)


class Breaker(Encoder):
    """Sound by default: the op ids of the edges."""

    def __init__(self, breach: str = "") -> None:
        self.breach = breach

    @property
    def injective(self) -> bool:
        return True

    @property
    def iso_invariant(self) -> bool:
        return self.breach == "says it ignores the numbering"

    def _learn(self, X: Population) -> None:
        if self.breach == "changes its parameters":
            self.breach = "changed"
        self.calls_ = 0
        if self.breach == "learns under another name":
            self.learned = True

    def _encode(self, X: Population) -> np.ndarray:
        code = as_batch(X).edge_ops.reshape(len(X), -1).astype(float)
        match self.breach:
            case "looks at other rows":
                code = code - code.mean(axis=0)
            case "remembers what it saw":
                self.calls_ += 1
                code[:, 0] = self.calls_
            case "loses edges":
                code[:, 3:] = 0
            case "divides by zero":
                code[0, 0] = np.inf
        return code

    def _feature_names(self) -> list[str]:
        return ["edge" if self.breach == "repeats a name" else f"edge_{k}" for k in range(16)]


def kit(breach: str) -> EncoderKit:
    class Kit(EncoderKit):
        def make_encoder(self) -> Encoder:
            return Breaker(breach)

        def architectures(self) -> Sequence[Architecture]:
            return ARCHS

    return Kit()


BREACHES = {
    "looks at other rows": "test_a_row_does_not_depend_on_its_company",
    "remembers what it saw": "test_the_same_architectures_give_the_same_codes",
    "loses edges": "test_injective_codes_differ",
    "says it ignores the numbering": "test_invariant_codes_ignore_the_numbering",
    "divides by zero": "test_codes_are_finite_float32_rows",
    "repeats a name": "test_every_column_has_a_name_of_its_own",
    "changes its parameters": "test_fit_leaves_the_parameters_alone",
    "learns under another name": "test_fit_leaves_the_parameters_alone",
}


@pytest.mark.parametrize(("breach", "test"), BREACHES.items(), ids=BREACHES)
def test_a_breach_fails_the_test_meant_for_it(breach: str, test: str):
    with pytest.raises(AssertionError):
        getattr(kit(breach), test)()


@pytest.mark.parametrize("test", sorted(set(BREACHES.values())))
def test_a_sound_encoder_passes(test: str):
    getattr(kit(""), test)()


def test_relabelling_keeps_the_network():
    rng = np.random.default_rng(0)
    twins = [relabelled(arch, rng) for arch in ARCHS for _ in range(3)]
    originals = [arch for arch in ARCHS for _ in range(3)]
    assert [twin.id("live-iso-v1") for twin in twins] == [arch.id("live-iso-v1") for arch in originals]
    assert any(twin != arch for twin, arch in zip(twins, originals, strict=True))
    assert all(SPACE.parse(SPACE.format(twin)) == twin for twin in twins)
