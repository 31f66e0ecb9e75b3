"""The kit must catch a space that breaks the contract, each breach in the test meant for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from _pytest.outcomes import Failed

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture
from archenc.spaces.transnasbench101_macro import SPACE
from archenc.testing.space_kit import SpaceKit
from archenc.typing import as_generator


class Breaker:
    """Sound by default: the macro space of TransNAS-Bench-101."""

    def __init__(self, breach: str = "") -> None:
        self.breach = breach
        self.calls = 0
        self.name, self.aliases, self.ops, self.styles = SPACE.name, SPACE.aliases, SPACE.ops, SPACE.styles
        self.size = 3000 if breach == "counts wrong" else SPACE.size
        self.max_nodes = 7 if breach == "has a larger cell" else SPACE.max_nodes
        self.node_ops = SPACE.node_ops[:3] if breach == "leaves out an operation" else SPACE.node_ops

    def parse(self, native: object) -> Architecture:
        match self.breach, native:
            case "evaluates a text", str() if native.startswith("(") and native.endswith(")"):
                return SPACE.parse(eval(native))  # noqa: S307
            case "is refused for no reason", Architecture():
                return SPACE.parse(native)
            case "is refused for no reason", _:
                try:
                    return SPACE.parse(native)
                except InvalidArchitecture:
                    raise InvalidArchitecture("no") from None
            case "takes a stranger", Architecture(space="atlantis"):
                return SPACE.sample(1, 0)[0]
        return SPACE.parse(native)

    def format(self, arch: Architecture, style: str = "native") -> str:
        if self.breach == "writes what it does not read" and style == "naslib":
            return f"<{SPACE.format(arch, style)}>"
        if self.breach == "takes a spelling for an architecture" and isinstance(arch, str):
            arch = SPACE.parse(arch)
        if self.breach == "takes any style" and not isinstance(style, str):
            style = "native"
        if self.breach == "falls back to the native style" and style not in self.styles:
            style = "native"
        if self.breach == "writes the depth alone" and style == "naslib":
            return f"64-{'1' * (len(SPACE.modules(arch)) - 1)}4-basic"
        return SPACE.format(arch, style)

    def key(self, arch: Architecture) -> str:
        self.calls += 1
        return f"{SPACE.key(arch)}{self.calls if self.breach == 'changes a key' else ''}"

    def sample(self, n: int, rng: object) -> list[Architecture]:
        if self.breach == "draws with a generator of its own":
            self.calls += 1
            rng = self.calls
        if self.breach == "rounds a size":
            n = int(n)
        if self.breach == "draws for ever":
            return [SPACE.parse("64-134421-basic") for _ in range(n) if as_generator(rng).random() < 1]  # type: ignore[arg-type]
        drawn = SPACE.sample(n, rng)  # type: ignore[arg-type]
        return drawn[:-1] if self.breach == "draws too few" else drawn

    def neighbours(self, arch: Architecture) -> Iterator[Architecture]:
        match self.breach:
            case "neighbours itself":
                yield arch
            case "neighbours twice":
                yield next(SPACE.neighbours(arch))
        found = SPACE.neighbours(arch)
        yield from itertools.islice(found, 2, None) if self.breach == "neighbours one way" else found

    def enumerate(self) -> Iterator[Architecture]:
        listed = SPACE.enumerate()
        if self.breach == "lists one twice":
            yield from itertools.islice(SPACE.enumerate(), 1)
            listed = itertools.islice(listed, 3255)
        yield from listed


def kit(breach: str) -> SpaceKit:
    class Kit(SpaceKit):
        n_fuzz = 500

        def make_space(self) -> Breaker:  # a new one each time would not remember its calls
            return self.space

        space = Breaker(breach)

    return Kit()


BREACHES = {
    "has a larger cell": "test_its_cells_are_as_it_says",
    "leaves out an operation": "test_it_keeps_the_protocol",
    "writes what it does not read": "test_parse_reads_what_format_writes",
    "writes the depth alone": "test_no_two_architectures_share_a_spelling",
    "falls back to the native style": "test_an_unknown_style_is_refused_with_the_legal_ones",
    "changes a key": "test_the_key_is_stable",
    "draws with a generator of its own": "test_samples_depend_on_the_seed_alone",
    "takes any style": "test_a_style_is_a_text",
    "takes a spelling for an architecture": "test_only_parse_reads_a_spelling",
    "draws too few": "test_samples_depend_on_the_seed_alone",
    "counts wrong": "test_the_list_is_complete_and_without_repeats",
    "lists one twice": "test_the_list_is_complete_and_without_repeats",
    "neighbours itself": "test_neighbours_are_other_architectures_each_once",
    "neighbours twice": "test_neighbours_are_other_architectures_each_once",
    "neighbours one way": "test_neighbours_are_symmetric",
    "takes a stranger": "test_a_strangers_architecture_is_refused",
    "is refused for no reason": "test_junk_is_refused_beside_a_legal_form",
    "evaluates a text": "test_damaged_spellings_end_in_an_architecture_or_our_error",
}


@pytest.mark.parametrize(("breach", "test"), BREACHES.items(), ids=BREACHES)
def test_a_breach_is_caught(breach, test):
    with pytest.raises((AssertionError, Failed, InvalidArchitecture)):
        getattr(kit(breach), test)()


@pytest.mark.parametrize("test", sorted({*BREACHES.values()}))
def test_a_sound_space_passes(test):
    getattr(kit(""), test)()


@pytest.mark.parametrize("n", [True, 1.5, "3"])
def test_a_size_that_is_rounded_is_caught(n):
    kit("").test_only_a_whole_number_is_a_sample_size(n)
    with pytest.raises(Failed):
        kit("rounds a size").test_only_a_whole_number_is_a_sample_size(n)


def test_a_size_that_fills_the_memory_is_caught_before_it_does():
    kit("").test_only_a_whole_number_is_a_sample_size(10**30)
    with pytest.raises(AssertionError, match="drawn from again and again"):
        kit("draws for ever").test_only_a_whole_number_is_a_sample_size(10**30)
