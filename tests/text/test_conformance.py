"""The renderers of all spaces keep the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archenc.graph import Architecture
from archenc.spaces import space
from archenc.spaces.einspace import EinSpace, Limits
from archenc.testing import TextKit


class TestNasBench201(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb201").sample(30, 0)


class TestTransNas(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("tnb101").sample(30, 0)


class TestNasBench301(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb301").sample(20, 0)


class TestNasBench101Faithful(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb101").sample(30, 0)

    def choices(self) -> dict[str, Any]:
        return {"nb101_detail": "faithful"}


class TestNasBench101Simple(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb101").sample(30, 0)

    def contexts(self) -> tuple[str, ...]:
        return ("none", "comment")


class TestEinSpace(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return EinSpace(Limits(max_nodes=60)).sample(30, 4)

    def test_isomorphic_architectures_share_their_canonical_text(self) -> None:
        """A derivation numbers its nodes: in any other order they are no architecture of the space."""


class TestMacro(TextKit):
    def architectures(self) -> Sequence[Architecture]:
        return space("tnb101_macro").sample(30, 0)

    def can_be_renumbered(self) -> bool:
        return False
