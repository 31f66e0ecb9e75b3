"""Public spellings of a NAS-Bench-101 cell: the first below are the same cell."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.nasbench101 import SPACE
from archenc.spaces.nb101_spelling import STYLES, matrix, read, write
from archenc.spaces.nb101_wiring import Spec
from archenc.testing.fuzz import fuzz

MATRIX = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
OPS = ["input", "conv3x3-bn-relu", "maxpool3x3", "output"]
SPEC = Spec(0b110011, (0, 2))
FLAT = (0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 2, 1)
PADDED = [[*row, 0.0, 0.0, 0.0] for row in MATRIX] + [[0.0] * 7] * 3
LABELS = [-1, 0, 2, -2, -3, -3, -3]


@pytest.mark.parametrize(
    "native",
    [
        "110-01-1|c3,mp",
        " 110-01-1| c3 , mp \n",
        "110-01-1|conv3x3-bn-relu,max_pool3x3",
        "0110000100010000|input,conv3x3-bn-relu,maxpool3x3,output",
        "0110000100010000|input, conv3x3, mp, output",
        {"matrix": MATRIX, "ops": OPS},
        {"matrix": np.array(MATRIX), "ops": np.array(OPS), "more": 1},
        {"module_adjacency": np.array(MATRIX, dtype=np.int8), "module_operations": OPS},
        {"matrix": MATRIX, "ops": ["input", "conv3x3", "max_pool3x3", "output"]},
        {"matrix": np.array(MATRIX, dtype=bool), "ops": tuple(OPS)},
        {"operations": LABELS, "adjacency": PADDED},
        {"operations": np.array(LABELS), "adjacency": np.array(PADDED)},
        {"operations": LABELS[:4], "adjacency": MATRIX},
        {"operations": [0, 4, 2, 1], "adjacency": MATRIX},
        (MATRIX, OPS),
        [np.array(MATRIX), OPS],
        SimpleNamespace(matrix=np.array(MATRIX), ops=OPS),
        FLAT,
        list(FLAT),
        np.array(FLAT),
        [np.int64(number) for number in FLAT],
        str(FLAT),
        str(list(FLAT)),
        "(0,1,1,0,0,0,0,1,0,0,0,1,0,0,0,0,0,4,2,1,)",
        json.dumps({"matrix": MATRIX, "ops": OPS}),
        json.dumps([MATRIX, OPS]),
        json.dumps({"operations": LABELS, "adjacency": PADDED}),
    ],
)
def test_every_spelling_of_one_cell(native):
    assert read(native) == SPEC


def test_writing():
    assert write(SPEC, "native") == "110-01-1|c3,mp"
    assert write(SPEC, "naslib") == str(FLAT)
    assert write(SPEC, "matrix") == "0110000100010000|input,conv3x3-bn-relu,maxpool3x3,output"
    assert json.loads(write(SPEC, "spec")) == {"matrix": MATRIX, "ops": OPS}
    assert json.loads(write(SPEC, "codes")) == {"operations": LABELS, "adjacency": PADDED}
    assert matrix(SPEC) == MATRIX
    with pytest.raises(InvalidArgument, match="style='nasbench'; legal: native, naslib, matrix, spec, codes"):
        write(SPEC, "nasbench")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "spec", [Spec(1, ()), Spec(0b111, (1,)), Spec(0b101, (2,)), Spec((1 << 21) - 1, (0,) * 5)]
)
def test_small_full_and_half_dead_cells_keep_their_spelling(style, spec):
    assert read(write(spec, style)) == spec


ROWS = [[0, 1], [0, 0]]
EIGHT = (np.triu(np.ones((8, 8)), 1), ["input", *["conv1x1"] * 6, "output"])


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("", "cannot read the architecture ''; legal: '110-01-1"),
        ("resnet18", "cannot read the architecture 'resnet18'; legal: '110-01-1"),
        ("28cfc7874f6d200472e1a9dcd8650aa0", "is the hash of a cell, .*look the row up in a table"),
        (
            "110-01|c3,mp",
            "row 0 of the upper triangle is '110'; with 2 rows it needs 2 digits",
        ),
        ("110-01-1|c3", "has 4 nodes by its 3 rows, so 2 inner operations are needed; got 1"),
        ("110-01-1|c3,conv2x2", "node 2: unknown operation 'conv2x2'; did you mean .*legal: conv3x3-bn-relu"),
        ("1" * 60 + "-1|c3", "row 0 of the upper triangle"),
        ("0110|input,c3,output", "has 3 operations, so 3 x 3 = 9 digits are needed; got 4"),
        ("1" * 5000, "a text of 5000 characters is no cell of 7 nodes"),
        ("{'matrix': 1}", "cannot read the architecture .*double quotes"),
        ("[" * 2000 + "]" * 2000, "cannot read the architecture"),
        ({"matrix": ROWS}, r"needs the keys 'matrix' with 'ops' or .*; got \['matrix'\]"),
        ((ROWS, "input,output"), "a matrix and a list of operations are needed, got list and str"),
        (SimpleNamespace(matrix=None, ops=None), "has no matrix .* marks a disconnected cell"),
        ((ROWS, ["input"]), "the adjacency matrix is not 1 x 1, yet there are 1 operations"),
        (([[0, 1], [0]], ["input", "output"]), "is not 2 x 2"),
        (([[0, 2], [0, 0]], ["input", "output"]), r"entry \[0\]\[1\] of the adjacency matrix is 2; legal: 0"),
        (([[0, 0.5], [0, 0]], ["input", "output"]), r"entry \[0\]\[1\] .* is 0.5"),
        (([[0, "1"], [0, 0]], ["input", "output"]), r"entry \[0\]\[1\] .* is '1'"),
        (([[0, 1], [1, 0]], ["input", "output"]), "the edge 1->0 runs backwards: .*upper triangular"),
        (([[1, 1], [0, 0]], ["input", "output"]), "the edge 0->0 runs backwards"),
        ((ROWS, ["output", "input"]), "must begin with 'input' and end with 'output'; got output, input"),
        ((MATRIX, ["input", "input", "c3", "output"]), "node 1: unknown operation 'input'"),
        ((MATRIX, ["input", "none", "c3", "output"]), "node 1: unknown operation 'none'"),
        (
            (MATRIX, [-1, 0, 3, -2]),
            "operation 2 of .* is 3; legal numbers: -1 input, -2 output, .*begin with -1",
        ),
        ((MATRIX, [0, 5, 2, 1]), "operation 1 of .* is 5; legal numbers: 0 input, 1 output, 2 max_pool3x3"),
        ((MATRIX, [0, "c3", 2, 1]), "operation 1 of .* is 'c3'"),
        ((MATRIX, [0, True, 2, 1]), "operation 1 of .* is True"),
        ((MATRIX, [0, float("nan"), 2, 1]), "operation 1 of .* is nan"),
        ((MATRIX, [-1, 0, -3, -2]), r"padding \(-3\) may only stand after the output"),
        (([*MATRIX[:3], [0, 0, 0, 1]], [-1, 0, -2, -3]), "touches padding: node 3 is -3"),
        (EIGHT, "the cell has 8 nodes; legal: 2 to 7, input, output and dead nodes counted"),
        (([[0]], ["input"]), "the cell has 1 nodes"),
        (([], []), "the cell has 0 nodes"),
        ((0, 1, 0), r"has 3 entries; n x n \+ n are needed .*: 6, 12, 20, 30, 42 or 56"),
        ("(0, 1, 0)", "has 3 entries"),
        ("(0, x, 0)", "cannot read the architecture"),
        (7, "cannot read an architecture from int"),
        (None, "cannot read an architecture from NoneType"),
        (np.ndarray, "cannot read an architecture from type"),
    ],
)
def test_what_is_wrong_is_said_beside_what_is_legal(native, message):
    with pytest.raises(InvalidArchitecture, match=message):
        read(native)


def test_damaged_hashes_pairs_and_rows_are_read_or_refused():
    """The texts themselves are damaged by the kit that all spaces share."""

    def check(native):
        arch = SPACE.parse(native)
        assert SPACE.parse(SPACE.format(arch)) == arch
        assert len(SPACE.key(arch)) == 32

    legal: list[object] = []
    for arch in SPACE.sample(10, 0, by="spec"):
        spec = SPACE.spec(arch)
        numbers = json.loads(write(spec, "codes"))
        legal += [SPACE.format(arch, "hash"), (matrix(spec), [-1, *spec.ops, -2]), numbers]
        legal += [
            [np.array(matrix(spec)), np.array([-1, *spec.ops, -2])],
            {k: np.array(v) for k, v in numbers.items()},
        ]
    outcome = fuzz(check, legal, 2000, seed=0, errors=InvalidArchitecture)
    assert outcome.read > 100
    assert outcome.refused > 1000
