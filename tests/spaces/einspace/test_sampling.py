"""Random derivations follow the published probabilities where nothing stands against them."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.spaces.einspace import EinSpace, Limits, sampling
from archenc.spaces.einspace.grammar import PRODUCTIONS, spelled, terminals
from archenc.spaces.einspace.inference import infer
from archenc.spaces.einspace.sampling import Sampler, valid_terminals
from archenc.spaces.einspace.shapes import FREE, Features
from archenc.spaces.einspace.tree import DerivationNode
from archenc.testing.unchecked import unchecked

SQUARE = Features((64, 64, 64))
N = 1500


def near(count: int, probability: float, n: int = N) -> bool:
    return abs(count - n * probability) < 4 * sqrt(n * probability * (1 - probability))


def test_productions_add_up_to_the_published_shares():
    for productions in PRODUCTIONS.values():
        assert sum(weight for _, weight in productions) == pytest.approx(1)
    module = {(head.op, head.args): weight for head, weight in PRODUCTIONS["module"]}
    assert module["computation", ()] == 0.32
    assert module["sequential", ()] == module["routing", ()] == pytest.approx(0.68 / 3)
    assert module["branching", (8,)] == pytest.approx(0.68 / 9)
    assert {head.op: weight for head, weight in PRODUCTIONS["start"]}["routing"] == pytest.approx(1 / 3)


def test_frequencies_of_the_outermost_module(monkeypatch):
    """Of what is drawn first; a branching of 2 that cannot be joined is drawn anew."""
    drawn: Counter[tuple[str, tuple[int, ...]]] = Counter()

    def note(self, head, given, copies, depth):
        drawn[head.op, head.args] += 1
        return head, given

    monkeypatch.setattr(Sampler, "_completed", note)
    for generation, branchings in (("gen2", 3), ("gen1", 1)):
        drawn.clear()
        sampler = Sampler(np.random.default_rng(0), Limits(), generation)
        for _ in range(N):
            sampler.tree(SQUARE)
        assert near(drawn["sequential", ()], 1 / 3)
        assert near(drawn["routing", ()], 1 / 3)
        found = {head: count for head, count in drawn.items() if head[0] == "branching"}
        assert len(found) == branchings
        assert all(near(count, 1 / 3 / branchings) for count in found.values())


@pytest.mark.parametrize(("generation", "forks"), [("gen2", 3), ("gen1", 1)])
def test_frequencies_of_modules_inside(monkeypatch, generation, forks):
    """Of each draw by itself: over whole trees they scatter more, for a few trees hold most modules."""
    drawn: Counter[str] = Counter()

    def note(self, head, given, copies, depth):
        drawn["".join(map(str, (head.op, *head.args)))] += 1
        return head, given

    monkeypatch.setattr(Sampler, "_completed", note)
    sampler = Sampler(np.random.default_rng(3), Limits(), generation, nodes=2)
    for _ in range(4 * N):
        sampler.module("module", SQUARE, 1, 0)
    assert near(drawn.pop("computation"), 0.32, 4 * N)
    assert near(drawn.pop("sequential"), 0.68 / 3, 4 * N)
    assert near(drawn.pop("routing"), 0.68 / 3, 4 * N)
    assert len(drawn) == forks
    assert all(near(count, 0.68 / 3 / forks, 4 * N) for count in drawn.values())


def test_terminals_are_drawn_evenly_from_those_that_fit():
    options = valid_terminals("pre", (SQUARE,))
    assert [option.node for option in options] == [
        node for node in terminals("pre") if node.args != (0, 2, 1)
    ]
    sampler = Sampler(np.random.default_rng(1), Limits())
    drawn: Counter[DerivationNode] = Counter()
    for _ in range(N):
        drawn[sampler.terminal("pre", (SQUARE,), 1)[0]] += 1
        sampler.spent = FREE
    assert all(near(drawn[option.node], 1 / len(options)) for option in options)


@pytest.mark.parametrize(
    ("slot", "given", "expected"),
    [
        ("fork4", [(3, 8, 9)], {"clone(4)", "group(4,2)"}),
        ("fork2", [(6, 5)], {"clone(2)", "group(2,1)"}),
        ("join2", [(6, 5), (6, 7)], {"cat(2,2)"}),
        ("join2", [(6, 5), (5, 7)], {"dot_product", "dot_product(scaled)"}),
        ("join2", [(6, 5), (3, 6, 5)], set()),
        ("join4", [(6, 5)] * 4, {"add(4)", "cat(4,1)", "cat(4,2)"}),
        ("pre", [(3, 3, 9)], {"im2col(1,1,0)", "im2col(1,2,0)", "im2col(3,1,1)", "im2col(3,2,1)"}),
        ("post", [(6, 5)], {"identity", "perm(0,2,1)"}),
    ],
)
def test_what_fits_is_what_the_rules_say(slot, given, expected):
    found = {option.node for option in valid_terminals(slot, tuple(Features(shape) for shape in given))}
    names = {spelled(node.op, node.args) for node in found}
    if slot == "pre":
        names = {name for name in names if name.startswith("im2col")}
    assert names == expected


def test_patches_are_put_back_only_where_they_were_cut():
    def names(grid: tuple[int, int] | None) -> set[str]:
        return {option.node.op for option in valid_terminals("post", (Features((64, 5), grid),))}

    assert "col2im" in names((8, 8))
    assert "col2im" not in names((8, 4))
    assert "col2im" not in names(None)


def test_every_sample_is_legal_and_follows_from_the_seed():
    limits = Limits(max_depth=6, max_nodes=60, max_params=10**5, max_activations=10**5, max_macs=10**6)
    for generation in ("gen2", "gen1"):
        member = EinSpace(limits, generation)
        archs = member.sample(30, 5, input_shape=(3, 8, 8))
        assert archs == member.sample(30, 5, input_shape=(3, 8, 8))
        for arch in archs:
            infer(member.derivation(arch), (3, 8, 8), limits)


def test_a_derivation_that_takes_too_many_draws_is_begun_anew(monkeypatch):
    """Without that, some of these fork and fail to be joined without an end in sight."""
    monkeypatch.setattr(sampling, "MOST_DRAWS", 300)
    limits = Limits(200, 5000, 10**9, 10**9, 10**12)
    for generation in ("gen2", "gen1"):
        member = EinSpace(limits, generation)
        archs = member.sample(30, 0, input_shape=(16, 64))
        assert archs == member.sample(30, 0, input_shape=(16, 64))
        for arch in archs:
            assert member.parse(member.format(arch)) == arch
    monkeypatch.setattr(sampling, "MOST_DRAWS", 1)
    arch = archs[0]
    mutants = [member.mutate(arch, seed) for seed in range(10)]
    assert all(mutant.changed or mutant.arch == arch for mutant in mutants)


@unchecked()
def test_an_unknown_generation_is_refused():
    with pytest.raises(InvalidArgument, match="grammar='gen3'; legal: gen2, gen1"):
        EinSpace(grammar="gen3").sample(1, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "limits", [{"max_depth": 0}, {"max_nodes": 4}, {"max_params": -1}, {"max_depth": 500}]
)
def test_limits_are_checked(limits):
    with pytest.raises(InvalidArgument, match="expected an integer"):
        Limits(**limits)
