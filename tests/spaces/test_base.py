"""Finding a search space by name."""

import pytest

from archenc.errors import UnknownName
from archenc.spaces import SearchSpace, register, space, spaces
from archenc.spaces.nasbench201 import SPACE
from archenc.testing.unchecked import unchecked


def test_aliases_and_canonical_names():
    assert space("nb201") is space("nasbench201")
    assert "nasbench201" in spaces()
    assert "nb201" not in spaces()


@pytest.mark.parametrize("name", spaces())
def test_every_space_keeps_the_protocol(name):
    member = space(name)
    assert isinstance(member, SearchSpace)
    assert member.name == name
    assert all(space(alias) is member for alias in member.aliases)
    assert {o.name for o in member.ops} <= {o.name for o in member.node_ops}


def test_an_unknown_space_is_answered_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"no 'nb202'.*nb201"):
        space("nb202")


@pytest.mark.parametrize("name", [None, 5, [], {}, ("nb201",)], ids=repr)
@unchecked()
def test_a_name_is_a_text(name):
    with pytest.raises(UnknownName, match=r"spaces: no .*known: .*nb201"):
        space(name)


def test_a_space_of_ones_own_must_not_take_a_name():
    with pytest.raises(ValueError, match="nasbench201"):
        register(SPACE)
