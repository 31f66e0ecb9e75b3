"""What every search space must do, as a test class to inherit; needs pytest.

class TestMine(SpaceKit):
    def make_space(self): return Mine()
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from abc import ABC, abstractmethod
from typing import Any, get_args

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, View, as_batch, ids, op, op_on_node
from archenc.spaces import SearchSpace
from archenc.testing.bounded import Bounded
from archenc.testing.fuzz import Outcome, fuzz
from archenc.testing.unchecked import unchecked

__all__ = ["SpaceKit"]


class SpaceKit(ABC):
    """Abstract: the contract of `archenc.spaces.SearchSpace` as tests."""

    n_few = 40
    """Architectures most tests look at; those of neighbours look at a few of them."""
    n_near = 8
    """Architectures of which the neighbours of neighbours are listed."""
    n_fuzz = 10_000
    """Damaged spellings the parser gets."""
    enumerable = 20_000
    """Size up to which the whole space is listed."""

    @abstractmethod
    def make_space(self) -> SearchSpace:
        """Return the space."""

    def architectures(self) -> list[Architecture]:
        """Return some architectures of the space, the same at every call."""
        return self.make_space().sample(self.n_few, 0)

    def spellings(self, arch: Architecture) -> list[object]:
        """Return what `parse` reads as this architecture: texts, and the objects they are texts of."""
        space = self.make_space()
        texts = [space.format(arch, style) for style in space.styles]
        return [*texts, *(found for text in texts for found in _objects_in(text))]

    # --- what it says of itself ---------------------------------------------------------------------------

    def test_it_keeps_the_protocol(self) -> None:
        space = self.make_space()
        assert isinstance(space, SearchSpace)
        assert space.styles[0] == "native"
        assert space.name not in space.aliases
        assert space.size is None or space.size > 0
        for members in (space.aliases, space.ops, space.node_ops, space.styles):
            assert isinstance(members, tuple)
            assert len(set(members)) == len(members)
        assert {op("input"), op("output"), *space.ops} <= set(space.node_ops)

    def test_its_cells_are_as_it_says(self) -> None:
        space, archs = self.make_space(), self.architectures()
        for arch in archs:
            assert arch.space == space.name
            for cell in arch.cells:
                assert cell.n_nodes <= space.max_nodes
                inner = set(op_on_node(cell).nodes[cell.n_inputs : -1])
                assert inner <= set(space.ops)
        assert len({len(arch.cells) for arch in archs}) == 1

    # --- spellings ----------------------------------------------------------------------------------------

    def test_parse_reads_what_format_writes(self) -> None:
        space = self.make_space()
        for arch in self.architectures():
            for style in space.styles:
                text = space.format(arch, style)
                assert isinstance(text, str)
                assert space.parse(text) == arch, (style, text)
                assert space.format(space.parse(text), style) == text
            assert space.format(arch) == space.format(arch, "native")

    def test_parse_reads_the_object_behind_a_text(self) -> None:
        space = self.make_space()
        for arch in self.architectures():
            assert all(space.parse(spelling) == arch for spelling in self.spellings(arch))

    def test_no_two_architectures_share_a_spelling(self) -> None:
        space, archs = self.make_space(), self.architectures()
        for style in space.styles:
            assert len({space.format(arch, style) for arch in archs}) == len(set(archs))

    def test_an_unknown_style_is_refused_with_the_legal_ones(self) -> None:
        space, arch = self.make_space(), self.architectures()[0]
        with pytest.raises(InvalidArgument, match="native") as caught:
            space.format(arch, "atlantean")
        assert "atlantean" in str(caught.value)

    @unchecked()
    def test_a_style_is_a_text(self) -> None:
        space, arch = self.make_space(), self.architectures()[0]
        for style in (None, 5, []):
            with pytest.raises(InvalidArgument, match="native"):
                space.format(arch, style)  # type: ignore[arg-type]

    def test_an_architecture_parses_to_itself(self) -> None:
        space = self.make_space()
        for arch in self.architectures():
            assert space.parse(arch) == arch
            assert space.parse(Architecture.from_json(arch.to_json())) == arch

    def test_the_key_is_stable(self) -> None:
        space = self.make_space()
        for arch in self.architectures():
            key = space.key(arch)
            assert isinstance(key, str)
            assert key == space.key(arch) == space.key(Architecture.from_json(arch.to_json()))
            assert {space.key(space.parse(space.format(arch, style))) for style in space.styles} == {key}

    # --- drawing and listing ------------------------------------------------------------------------------

    def test_samples_depend_on_the_seed_alone(self) -> None:
        space = self.make_space()
        drawn = space.sample(self.n_few, 7)
        assert len(drawn) == self.n_few
        assert drawn == space.sample(self.n_few, 7)
        assert drawn == space.sample(self.n_few, np.random.default_rng(7))
        assert drawn != space.sample(self.n_few, 8)
        assert all(space.parse(arch) == arch for arch in drawn)

    def test_samples_of_no_size(self) -> None:
        space = self.make_space()
        assert space.sample(0, 0) == []
        with pytest.raises(InvalidArgument, match="-1"):
            space.sample(-1, 0)
        with pytest.raises(InvalidArgument):
            space.sample(1, -1)
        with unchecked():
            assert space.sample(np.int64(2), 0) == space.sample(2, 0)  # type: ignore[arg-type]

    @pytest.mark.parametrize("n", [None, True, 1.5, 2.0, "3", float("nan"), [1], 10**30], ids=repr)
    @unchecked()
    def test_only_a_whole_number_is_a_sample_size(self, n: Any) -> None:
        with pytest.raises(InvalidArgument, match=r"n=.*integer"):
            self.make_space().sample(n, Bounded(10_000))

    def test_the_list_is_complete_and_without_repeats(self) -> None:
        space = self.make_space()
        whole = space.size is not None and space.size <= self.enumerable
        listed = list(itertools.islice(space.enumerate(), None if whole else 500))
        assert len({space.key(arch) for arch in listed}) == len(listed)
        assert len(listed) == (space.size if whole else 500)
        assert listed[:50] == list(itertools.islice(space.enumerate(), 50))
        some = listed[:: max(1, len(listed) // 50)]
        assert all(space.parse(arch) == arch for arch in some)
        if whole:
            assert {space.key(arch) for arch in self.architectures()} <= {space.key(arch) for arch in listed}

    # --- neighbours ---------------------------------------------------------------------------------------

    def test_neighbours_are_other_architectures_each_once(self) -> None:
        space = self.make_space()
        for arch in self.architectures()[:20]:
            others = list(space.neighbours(arch))
            keys = {space.key(other) for other in others}
            assert others
            assert others == list(space.neighbours(arch))
            assert len(keys) == len(others)
            assert space.key(arch) not in keys
            assert all(space.parse(other) == other for other in others)

    def test_neighbours_are_symmetric(self) -> None:
        space = self.make_space()
        for arch in self.architectures()[: self.n_near]:
            others = list(space.neighbours(arch))
            for other in others[:: -(-len(others) // 16)]:
                back = (space.key(third) for third in space.neighbours(other))
                assert space.key(arch) in back, (space.format(arch), space.format(other))

    # --- the rest of the house ----------------------------------------------------------------------------

    def test_populations_make_batches_in_every_view(self) -> None:
        space, archs = self.make_space(), self.architectures()
        known = {member.index for member in space.node_ops}
        for view in get_args(View):
            batch = as_batch(archs, view=view)
            assert len(batch) == len(archs)
            assert batch.space == space.name
            assert batch.n_cells == len(archs[0].cells)
            if view == "native":
                assert batch.n_nodes <= space.max_nodes
            if view == "op_on_node":
                assert set(np.unique(batch.ops[batch.mask]).tolist()) <= known

    def test_ids_are_stable_and_of_the_architecture(self) -> None:
        archs = self.architectures()
        made = [arch.id() for arch in archs]
        assert all(re.fullmatch(r"[0-9a-f]{32}", found) for found in made)
        assert [Architecture.from_json(arch.to_json()).id() for arch in archs] == made
        raw = ids(archs, "raw-v1").tolist()
        assert raw == [arch.id("raw-v1") for arch in archs]
        assert len(set(raw)) == len(set(archs))

    # --- bad input ----------------------------------------------------------------------------------------

    def test_a_strangers_architecture_is_refused(self) -> None:
        space, arch = self.make_space(), self.architectures()[0]
        tiny = Cell((op("input"), op("output")), (Edge(0, 1, op("avg_pool3x3")),))
        strangers = [
            Architecture("atlantis", arch.cells),
            Architecture(space.name, arch.cells * 3),
            Architecture(space.name, (tiny,) * len(arch.cells)),
            Architecture(space.name, arch.cells, (*arch.attributes, ("atlantean", 1))),
        ]
        for stranger in strangers:
            for use in (space.parse, space.format, space.key, lambda a: list(space.neighbours(a))):
                with pytest.raises(InvalidArchitecture):
                    use(stranger)

    @unchecked()
    def test_only_parse_reads_a_spelling(self) -> None:
        space, arch = self.make_space(), self.architectures()[0]
        for given in (space.format(arch), None, 5, [arch]):
            for use in (space.format, space.key, lambda a: list(space.neighbours(a))):
                with pytest.raises(InvalidArchitecture, match="Architecture"):
                    use(given)  # type: ignore[arg-type]

    def test_junk_is_refused_beside_a_legal_form(self) -> None:
        space = self.make_space()
        junk: list[Any] = ["", "atlantis", None, 2.5, True, b"", object(), [], (), {}, {"a": 1}, "()", -7]
        junk += ["|", "[[", np.zeros(3), [None] * 6, ["atlantis"] * 6]
        for item in junk:
            with pytest.raises(InvalidArchitecture) as caught:
                space.parse(item)
            message = str(caught.value)
            assert "legal" in message, f"{item!r}: {message}"
        for item in (None, object(), "atlantis"):
            with pytest.raises(InvalidArchitecture) as caught:
                space.parse(item)
            assert any(_is_read(space, form) for form in _quoted(str(caught.value))), str(caught.value)

    def read_damaged_spellings(self) -> Outcome:
        """Give the parser `n_fuzz` damaged spellings; it may read or refuse them, and nothing else."""
        space = self.make_space()

        def read(item: object) -> None:
            arch = space.parse(item)
            assert space.parse(space.format(arch)) == arch

        legal = [spelling for arch in self.architectures()[:10] for spelling in self.spellings(arch)]
        return fuzz(read, legal, self.n_fuzz, seed=1, errors=InvalidArchitecture)

    def test_damaged_spellings_end_in_an_architecture_or_our_error(self) -> None:
        assert self.read_damaged_spellings().refused > self.n_fuzz // 4


def _objects_in(text: str) -> list[object]:
    """Return the tuple, list or dictionary that a text is the text of, and the array of its numbers."""
    found: list[object] = []
    for load in (ast.literal_eval, json.loads):
        try:
            value = load(text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(value, (tuple, list, dict)) and value not in found:
            found.append(value)
    return found


def _quoted(message: str) -> list[str]:
    """Return the pieces of a message between quotes, and those between brackets that belong together."""
    pieces, opened = re.findall(r"'([^']+)'", message), []
    for place, character in enumerate(message):
        if character in "([{":
            opened.append(place)
        elif character in ")]}" and opened:
            pieces.append(message[opened.pop() : place + 1])
    return pieces


def _is_read(space: SearchSpace, text: str) -> bool:
    try:
        space.parse(text)
    except InvalidArchitecture:
        return False
    return True
