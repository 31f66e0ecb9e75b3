"""Public spellings of a TransNAS-Bench-101 micro cell."""

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.tnb101_spelling import STYLES, read, write

CODE = (1, 0, 2, 3, 3, 3)
NAMES = ["identity", "none", "conv1x1", "conv3x3", "conv3x3", "conv3x3"]


@pytest.mark.parametrize(
    "native",
    [
        "64-41414-1_02_333",
        " 64-41414-1_02_333\n",
        CODE,
        list(CODE),
        np.array(CODE),
        [np.int64(number) for number in CODE],
        "(1, 0, 2, 3, 3, 3)",
        "[1,0,2,3,3,3]",
        NAMES,
        ", ".join(NAMES),
        str(NAMES),
        ["skip", *NAMES[1:]],
    ],
)
def test_every_spelling_of_one_cell(native):
    assert read(native) == CODE


def test_writing():
    assert [write(CODE, style) for style in STYLES] == [
        "64-41414-1_02_333",
        "(1, 0, 2, 3, 3, 3)",
        ", ".join(NAMES),
    ]
    with pytest.raises(InvalidArgument, match="style='index'; legal: native, naslib, ops"):
        write(CODE, "index")


@pytest.mark.parametrize(
    ("native", "message"),
    [
        ("64-41414-1_02_334", "entry 5 of .* is 4; NASLib's numbers run from 0 to 3"),
        ("64-1234-1_02_333", "the skeleton is '64-1234', and every micro network has '64-41414'"),
        ("64-41414-basic", "cannot read the architecture '64-41414-basic'"),
        ("64-41414-1_02_3", "cannot read the architecture"),
        ("64-41414-1_02_33³", "cannot read the architecture"),
        ("1_02_333", "cannot read the architecture"),
        ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "cannot read the architecture"),
        ((1, 0, 2, 3, 3), "has 5 entries"),
        ((1, 0, 2, 3, 3, 4), "NASLib's numbers run from 0 to 3"),
        ((1, 0, 2, 3, 3, None), "entry 5 of .* is None: give six names or six NASLib numbers"),
        (["identity"] * 5 + ["avg_pool_3x3"], "entry 5 of .*unknown operation 'avg_pool_3x3'"),
        ("1, 0, 2, 3, 3, 3", "is ambiguous: numbers without brackets"),
        (1000, "1000: the benchmark has no published index"),
        ("9" * 5000, "cannot read the architecture '999"),
        (True, "True is no architecture"),
        (None, "cannot read an architecture from NoneType"),
    ],
)
def test_what_is_wrong_is_said_beside_what_is_legal(native, message):
    with pytest.raises(InvalidArchitecture, match=message) as caught:
        read(native)
    assert any(
        legal in str(caught.value) for legal in ("64-41414-1_02_333", "0 to 3", "legal: none, ", "(1, 0, 2")
    )
    assert len(str(caught.value)) < 600
