"""The MnasNet space of Accel-NASBench."""

import json

import pytest

from archenc.errors import InvalidArchitecture
from archenc.graph import as_batch
from archenc.spaces import space
from archenc.spaces.accelnasbench import SPACE

B0 = "e1k3l1se-e6k3l2se-e6k5l2se-e6k3l3se-e6k5l3se-e6k5l4se-e6k3l1se"


def test_efficientnet_b0_in_words_and_in_json():
    config = json.loads(SPACE.format(SPACE.parse(B0), "config"))
    assert [config[f"block{i}_l"] for i in range(7)] == [1, 2, 2, 3, 3, 4, 1]
    assert [config[f"block{i}_k"] for i in range(7)] == [3, 3, 5, 3, 5, 5, 3]
    assert [config[f"block{i}_e"] for i in range(7)] == [1, 6, 6, 6, 6, 6, 6]
    assert all(config[f"block{i}_se"] is True for i in range(7))
    assert SPACE.format(SPACE.parse(config)) == SPACE.format(SPACE.parse(json.dumps(config))) == B0
    assert space("accel") is SPACE


def test_a_block_is_a_chain_of_equal_layers():
    arch = SPACE.parse(B0)
    assert [cell.n_nodes - 2 for cell in arch.cells] == [1, 2, 2, 3, 3, 4, 1]
    member = arch.cells[4].nodes[1]
    assert (member.expansion, member.kernel, member.squeeze, member.name) == (
        6,
        (5, 5),
        True,
        "mbconv6_5x5_se",
    )
    assert as_batch([arch]).shape == (1, 7, SPACE.max_nodes)


def test_neighbours_change_one_thing_of_one_block():
    """2 other expansions, 1 kernel, 2 depths (3 in the sixth block), squeeze or not."""
    assert len(list(SPACE.neighbours(SPACE.parse(B0)))) == 7 * (2 + 1 + 2 + 1) + 1
    assert SPACE.size == 36**6 * 48


@pytest.mark.parametrize(
    ("what", "value"), [("block0_l", 4), ("block5_l", 5), ("block1_e", 3), ("block1_k", 7), ("block1_se", 2)]
)
def test_a_choice_that_is_not_offered_is_named(what, value):
    config = json.loads(SPACE.format(SPACE.parse(B0), "config"))
    with pytest.raises(InvalidArchitecture, match=f"{what} is {value}; legal: "):
        SPACE.parse(config | {what: value})


def test_a_configuration_must_be_whole():
    config = json.loads(SPACE.format(SPACE.parse(B0), "config"))
    for wrong in ({**config, "block7_e": 1}, {k: v for k, v in config.items() if k != "block3_se"}):
        with pytest.raises(InvalidArchitecture, match=r"block7_e|block3_se"):
            SPACE.parse(wrong)
