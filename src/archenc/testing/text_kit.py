"""What the renderer of every space must do, as a test class to inherit; needs pytest.

class TestMine(TextKit):
    def architectures(self): return some_forty_different_architectures_of_one_space

That a text computes what the network computes is for the tests of the renderer itself: it must be run.
"""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from archenc import text
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.testing.encoder_kit import relabelled
from archenc.text.style import CODE, CONTEXTS

__all__ = ["TextKit"]


class TextKit(ABC):
    """Abstract: the contract of `archenc.text.Renderer` as tests."""

    @abstractmethod
    def architectures(self) -> Sequence[Architecture]:
        """Return at least 20 different architectures of one space, the same at every call."""

    def choices(self) -> dict[str, Any]:
        """Return further arguments of `render`; by default none."""
        return {}

    def can_be_renumbered(self) -> bool:
        """Say whether the nodes of a cell may be numbered otherwise; False for chains."""
        return True

    # --- the material -------------------------------------------------------------------------------------

    def contexts(self) -> tuple[str, ...]:
        """Return the contexts: those of networks only where networks are written."""
        return CONTEXTS if self.datasets() else ("none",)

    def datasets(self) -> tuple[str, ...]:
        """Return the data sets of the space."""
        return text.datasets(self.architectures()[0].space)

    def written(self, arch: Architecture) -> Iterator[tuple[str, str, str]]:
        """Yield form, context and text."""
        for form, context in product(CODE, self.contexts()):
            yield form, context, text.render(arch, form=form, context=context, **self.choices())

    # --- the contract -------------------------------------------------------------------------------------

    def test_every_text_is_python(self) -> None:
        for arch in self.architectures()[:3]:
            for form, context, program in self.written(arch):
                defined = classes(program)
                assert len(set(defined)) == len(defined)
                assert ("Network" in defined) == (context == "network")
                assert program.startswith('"""') == (context == "comment")
                assert program.endswith("\n")
                assert not any(line != line.rstrip() for line in program.splitlines())
                if form == "inline":
                    assert "ConvUnit" not in program

    def test_helper_defines_what_is_called(self) -> None:
        for arch in self.architectures()[:3]:
            program = text.render(arch, form="helper", **self.choices())
            bare = text.render(arch, **self.choices())
            assert program.endswith(bare)
            assert names_called(program) <= set(classes(program))
            for context in {"network"} & set(self.contexts()):
                for form in CODE:
                    whole = text.render(arch, form=form, context=context, **self.choices())
                    assert names_called(whole) <= set(classes(whole))

    def test_distinct_architectures_have_distinct_texts(self) -> None:
        archs = list(self.architectures())
        for form in CODE:
            assert len(set(text.texts(archs, form=form, **self.choices()))) == len(archs)

    def test_texts_are_those_of_one_at_a_time_and_stay(self) -> None:
        archs = list(self.architectures()[:5])
        for canonical in (False, True):
            settings = {**self.choices(), "canonical": canonical}
            found = text.texts(archs, **settings)
            assert found == [text.render(arch, **settings) for arch in archs]
            assert found == text.texts(archs[::-1], **settings)[::-1]

    def test_isomorphic_architectures_share_their_canonical_text(self) -> None:
        changed = 0
        for seed, arch in enumerate(self.architectures()):
            other = relabelled(arch, seed)
            changed += other != arch
            pair = text.texts([arch, other], canonical=True, **self.choices())
            assert pair[0] == pair[1]
        assert changed > 0 or not self.can_be_renumbered()

    def test_the_unit_has_the_name_that_is_given(self) -> None:
        for arch in self.architectures()[:3]:
            for form, context, program in self.written(arch):
                other = text.render(arch, form=form, context=context, unit_name="Block7", **self.choices())
                assert other == program.replace("ConvUnit", "Block7")

    def test_contexts_speak_of_their_data_set(self) -> None:
        arch = self.architectures()[0]
        for context in set(self.contexts()) - {"none"}:
            found = [
                text.render(arch, context=context, dataset=name, **self.choices()) for name in self.datasets()
            ]
            assert found[0] == text.render(arch, context=context, **self.choices())
            assert len(set(found)) == len(found)
        with pytest.raises(InvalidArgument, match="legal for"):
            text.render(arch, dataset="no such data set", **self.choices())


def classes(program: str) -> list[str]:
    """Return the names of the classes and functions that a program defines."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    return [node.name for node in ast.parse(program).body if isinstance(node, kinds)]


def names_called(program: str) -> set[str]:
    """Return what a program calls by a bare name, apart from its own variables and what Python has."""
    names = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Name)]
    calls = [node.func for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    found = {function.id for function in calls if isinstance(function, ast.Name)}
    return found - {node.id for node in names if isinstance(node.ctx, ast.Store)} - set(dir(builtins))
