"""NAS-Bench-301's configurations. Edge and node numbers of the golden are worked out by hand."""

import pytest

from archenc.errors import InvalidArchitecture
from archenc.spaces.darts_config import PREFIX, read, write

CELL = ((0, 3), (1, 2), (1, 0), (2, 5), (0, 1), (3, 4), (2, 6), (4, 2))
NAMES = "abcdefg"
GOLDEN = {
    "edge_normal_0": "d",  # node 2 from 0 and 1
    "edge_normal_1": "c",
    "edge_normal_3": "a",  # node 3 from 1 and 2: its edges are 2, 3, 4
    "edge_normal_4": "f",
    "edge_normal_5": "b",  # node 4 from 0 and 3: its edges are 5 to 8
    "edge_normal_8": "e",
    "edge_normal_11": "g",  # node 5 from 2 and 4: its edges are 9 to 13
    "edge_normal_13": "c",
    "inputs_node_normal_3": "1_2",
    "inputs_node_normal_4": "0_3",
    "inputs_node_normal_5": "2_4",
}
CONFIG = {PREFIX + key: value for key, value in GOLDEN.items()}
PAIRS = [(source, NAMES[k]) for source, k in CELL]


def test_writing_and_reading():
    assert write({"normal": CELL}, NAMES) == CONFIG
    assert read(CONFIG, ["normal"]) == {"normal": PAIRS}


def test_keys_of_the_training_are_not_read():
    others = {
        f"{PREFIX}layers": 8,
        "OptimizerSelector:sgd:momentum": 0.9,
        3: 4,
        f"{PREFIX}edge_normal_2": None,
    }
    assert read({**CONFIG, **others}, ["normal"]) == {"normal": PAIRS}
    assert read(others, ["normal"]) is None


def test_the_colons_of_another_library():
    renamed = {key.replace(":", "_COLON_"): value for key, value in CONFIG.items()}
    assert read(renamed, ["normal"]) == {"normal": PAIRS}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edge_normal_0": None}, "lacks .*edge_normal_0, the operation from source 0 to node 2"),
        ({"edge_normal_13": None}, "lacks .*edge_normal_13, the operation from source 4 to node 5"),
        ({"edge_normal_0": 3}, "edge_normal_0 is 3; expected an operation name"),
        ({"edge_normal_2": "a"}, "edge_normal_2 is given, but belongs to no chosen edge"),
        ({"edge_normal_14": "a"}, "edge_normal_14 is given"),
        ({"inputs_node_normal_2": "0_1"}, "inputs_node_normal_2 is given"),
        ({"edge_reduce_0": "a"}, "edge_reduce_0 is given"),
        ({"inputs_node_normal_4": None}, 'expected two sources such as "0_1"; the configuration lacks it'),
        ({"inputs_node_normal_4": "0"}, "expected two sources .* it is '0'"),
        ({"inputs_node_normal_4": (0, 3)}, "expected two sources"),
        ({"inputs_node_normal_4": "3_3"}, "two different sources of 0..3"),
        ({"inputs_node_normal_4": "0_4"}, "two different sources of 0..3"),
    ],
)
def test_wrong_configurations_are_refused(changes, message):
    config = CONFIG | {PREFIX + key: value for key, value in changes.items()}
    with pytest.raises(InvalidArchitecture, match=message):
        read(config, ["normal"])
