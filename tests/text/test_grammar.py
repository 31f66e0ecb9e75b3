"""The string of a grammar."""

from archenc.spaces import space
from archenc.testing.unchecked import unchecked
from archenc.text import routing


def test_strings_by_hand():
    native = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
    nb201 = space("nb201").parse(native)
    assert routing(nb201) == "routing[conv3x3, none, skip, avg_pool3x3, conv1x1, none]"
    nb101 = space("nb101").parse("110-01-1|c3,mp")
    assert routing(nb101) == "routing[conv3x3(0), max_pool3x3(0), output(1, 2)]"


@unchecked()
def test_strings_are_distinct():
    for name in ("nb201", "tnb101"):
        archs = list(space(name).enumerate())
        assert len({routing(arch) for arch in archs}) == len(archs)
    for name in ("nb101", "nb301", "tnb101_macro"):
        assert len({routing(arch) for arch in space(name).sample(300, 0)}) == 300
