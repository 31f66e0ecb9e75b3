"""Public spellings of NAS-Bench-201: the pairs below are the same cell, by the published files."""

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces.nb201_spelling import STYLES, read, write

NATIVE = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"
NASLIB = (4, 0, 3, 1, 4, 3)
NAMES = ["avg_pool_3x3", "skip_connect", "none", "nor_conv_1x1", "avg_pool_3x3", "nor_conv_1x1"]
CODE = (4, 1, 0, 2, 4, 2)


@pytest.mark.parametrize(
    "native",
    [
        NATIVE,
        f" {NATIVE}\n",
        NASLIB,
        list(NASLIB),
        np.array(NASLIB),
        "(4, 0, 3, 1, 4, 3)",
        "[4,0,3,1,4,3]",
        NAMES,
        tuple(NAMES),
        ", ".join(NAMES),
        str(NAMES),
        ["avg_pool3x3", "skip", "none", "conv1x1", "avg_pool3x3", "conv1x1"],
    ],
)
def test_every_spelling_of_one_cell(native):
    assert read(native) == CODE


@pytest.mark.parametrize("native", [123, np.int64(123), "123", np.array(123)])
def test_an_index_is_an_index(native):
    assert read(native) == 123


def test_writing():
    assert write(CODE, "native") == NATIVE
    assert write(CODE, "naslib") == "(4, 0, 3, 1, 4, 3)"
    assert write(CODE, "ops") == ", ".join(NAMES)
    assert "index" in STYLES
    with pytest.raises(InvalidArgument, match=r"style='nats'; legal: native, naslib, index, ops"):
        write(CODE, "nats")


@pytest.mark.parametrize(
    ("native", "message"),
    [
        (NATIVE.replace("nor_conv_1x1~0", "nor_conv_5x5~0"), "unknown operation 'nor_conv_5x5'.*'nor_conv"),
        (NATIVE.replace("none~1", "none~0"), "has 'none~0' where 'operation~1' is needed"),
        (NATIVE.replace("none~1|", ""), "node 2 is .* expected 2 terms"),
        (NATIVE[:-1], "node 3 is"),
        (NATIVE + "+|none~0|", "has 4 nodes, three"),
        (NATIVE.replace("|+|", "||"), "has 1 nodes, three"),
        (NATIVE.replace("none~1", "none~x"), "'operation~1' is needed"),
        ("", "cannot read the architecture ''"),
        ("resnet18", "cannot read the architecture 'resnet18'"),
        (-1, "index -1 is out of range"),
        (15625, "index 15625 is out of range; legal: .*an index 0..15624"),
        ("403143", "index 403143 is out of range; .*six NASLib numbers such as"),
        ((4, 0, 3, 1, 4), "has 5 entries, one for each of 6 edges"),
        ((4, 0, 3, 1, 4, 5), "entry 5 of .* is 5; NASLib's numbers run from 0 to 4"),
        ((4, 0, 3, 1, 4, -1), "entry 5"),
        ((4, 0, 3, 1, 4, 1.0), "entry 5 of .* is 1.0: give six names or six NASLib numbers"),
        ((4, 0, 3, 1, 4, True), "entry 5"),
        ([*NAMES[:5], 3], "entry 0 .* is 'avg_pool_3x3': give six names or six NASLib numbers"),
        ([*NAMES[:5], "conv"], "entry 5 .*unknown operation 'conv'"),
        ("4, 0, 3, 1, 4, 3", "is ambiguous: numbers without brackets"),
        ("(4, 0, 3, 1, 4)", "has 5 entries"),
        ("()", "has 1 entries"),
        (True, "True is no architecture"),
        (None, "cannot read an architecture from NoneType"),
        (1.5, "cannot read an architecture from float"),
        ({"net": 1}, "cannot read an architecture from dict"),
    ],
)
def test_what_is_wrong_is_said_beside_what_is_legal(native, message):
    with pytest.raises(InvalidArchitecture, match=message) as caught:
        read(native)
    assert any(legal in str(caught.value) for legal in ("nor_conv_3x3", "0 to 4", "(4, 0, 3, 1, 4, 3)"))
