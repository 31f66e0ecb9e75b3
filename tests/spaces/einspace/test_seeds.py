"""Known networks in the grammar: their parameters are the published ones and the biases of convolutions."""

from __future__ import annotations

import hashlib

import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.einspace import SPACE, EinSpace, Limits, seeds
from archenc.spaces.einspace.writing import short
from archenc.testing.unchecked import unchecked

# Without the classifier; every convolution here has a bias, which the published ones have not.
RESNET18 = 11_168_832 + 64 * 5 + 128 * 5 + 256 * 5 + 512 * 5
RESNET34 = 21_276_992 + 64 * 7 + 128 * 9 + 256 * 13 + 512 * 7
WIDE = 2_746_320 + 16 + (64 + 128 + 256) * 5

# maker -> parameters, nodes of the derivation, the beginning of the SHA-256 of the short string
KNOWN = {
    seeds.resnet18: (RESNET18, 261, "f054553a291c"),
    seeds.resnet34: (RESNET34, 493, "ee4c4faa32a5"),
    seeds.resnet10: (4_900_992, 145, "c4ffb379751b"),
    seeds.wide_resnet16_4: (WIDE, 194, "43e74c64359b"),
    seeds.transformer: (3_187_968, 208, "556a06eca35b"),
    seeds.mlp_mixer: (2_251_264, 153, "4561ddadcb94"),
    seeds.residual_block: (39_360, 34, "6284a78e60e3"),
    seeds.attention: (9_408, 21, "4ffb941c2007"),
}
LARGE = EinSpace(Limits(max_nodes=1000, max_params=1 << 25))


@pytest.mark.parametrize("make", KNOWN, ids=lambda make: make.__name__)
def test_a_known_network_is_what_it_was(make):
    tree = make((3, 32, 32))
    inferred = LARGE.infer(tree)
    digest = hashlib.sha256(short(tree).encode()).hexdigest()[:12]
    assert (inferred.total.params, tree.size, digest) == KNOWN[make]
    arch = LARGE.from_derivation(tree)
    assert LARGE.derivation(LARGE.parse(LARGE.format(arch, "long"))) == tree


def test_the_default_limits_hold_all_but_the_largest():
    for make in seeds.MIXED:
        SPACE.from_derivation(make((3, 32, 32)))
    with pytest.raises(InvalidArchitecture, match="max_nodes=300"):
        SPACE.from_derivation(seeds.resnet34((3, 32, 32)))


def test_sequences():
    for make in (seeds.transformer, seeds.mlp_mixer, seeds.attention):
        SPACE.from_derivation(make((64, 48)), (64, 48))
    with pytest.raises(InvalidArgument, match="it gives 60 positions"):
        seeds.mlp_mixer((60, 48))
    with pytest.raises(InvalidArgument, match=r"expected \(channels, height, width\)"):
        seeds.resnet18((64, 48))


@unchecked()
@pytest.mark.parametrize("shape", [(3,), 3, "x", None, (0, 4, 4), (3, 32.0, 32)])
def test_what_is_no_shape_is_refused(shape):
    for make in KNOWN:
        with pytest.raises(InvalidArgument, match=r"input_shape=.*expected \(channels, height, width\)"):
            make(shape)
