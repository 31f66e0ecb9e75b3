"""Finding a search space by name."""

import pytest

from archenc.errors import InvalidArgument, UnknownName
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


@unchecked()
def test_what_lacks_something_of_a_space_is_no_space():
    class Half:
        name, aliases, styles = "half", (), ("native",)

        def parse(self, native: object) -> object:
            return native

    for member, lacks in ((3, "name, aliases, ops"), (Half(), "ops, node_ops, size, max_nodes, format, key")):
        with pytest.raises(InvalidArgument, match=rf"no search space, for it lacks {lacks}.*SpaceKit"):
            register(member)  # type: ignore[arg-type]
    assert "half" not in spaces()
