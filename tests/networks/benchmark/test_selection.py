"""Which architectures a benchmark of one's own trains."""

from __future__ import annotations

import pytest

from archenc import networks
from archenc.errors import InvalidArgument
from archenc.networks.benchmark import sample
from archenc.spaces import space


def test_a_sample_is_made_for_its_images_and_keeps_the_limits():
    skeleton = {"max_params": 5000, "max_activations": 20_000}
    drawn = sample("einspace", 6, 0, (1, 8, 8), skeleton)
    assert len(set(drawn)) == 6
    for text in drawn:
        assert text.startswith("1x8x8 ")
        network = networks.build(space("einspace").parse(text), device="meta", **skeleton)
        assert network.input_shape == (1, 8, 8)


def test_other_spaces_are_drawn_as_ever():
    assert sample("nb201", 5, 3, (1, 8, 8), {"channels": 4}) == sample("nb201", 5, 3)


def test_a_sample_that_cannot_be_had_is_refused():
    with pytest.raises(InvalidArgument, match="hardly as many"):
        sample("einspace", 3, 0, (1, 3, 3), {"max_activations": 1, "max_params": 1, "max_macs": 1})
