"""All derivations, small ones first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from archenc.errors import InvalidArchitecture
from archenc.spaces.einspace.grammar import BRANCHINGS, PRODUCTIONS, parts
from archenc.spaces.einspace.inference import infer
from archenc.spaces.einspace.limits import Limits
from archenc.spaces.einspace.sampling import valid_terminals
from archenc.spaces.einspace.shapes import Features, Shape, input_features
from archenc.spaces.einspace.tree import DerivationNode


def listed(input_shape: Shape, limits: Limits) -> Iterator[DerivationNode]:
    """Yield every derivation within the limits, by the number of its modules."""
    given = input_features(input_shape)
    for modules in range(2, limits.max_nodes // 2 + 1):
        for tree, _ in _of_size("start", given, modules):
            try:
                infer(tree, input_shape, limits)
            except InvalidArchitecture:
                continue
            yield tree


def _of_size(slot: str, given: Features, modules: int) -> Iterator[tuple[DerivationNode, Features]]:
    """Yield what may stand in a slot of modules and has so many of them, with what leaves it."""
    for head, _ in PRODUCTIONS[slot]:
        if head in BRANCHINGS:
            yield from _branching(head, given, modules)
        elif (head.op == "computation") == (modules == 1):
            below = modules - 1
            for children, result in _parts(parts(head.op, head.args), given, below):
                yield DerivationNode(head.op, head.args, children), result


def _parts(
    slots: tuple[str, ...], given: Features, modules: int
) -> Iterator[tuple[tuple[DerivationNode, ...], Features]]:
    """Yield the parts of a module through which the data flow one after the other."""
    if not slots:
        if modules == 0:
            yield (), given
        return
    first, *others = slots
    for node, result, used in _first(first, given, modules, others.count("module")):
        for rest, end in _parts(tuple(others), result, modules - used):
            yield (node, *rest), end


def _first(
    slot: str, given: Features, modules: int, later: int
) -> Iterator[tuple[DerivationNode, Features, int]]:
    if slot != "module":
        yield from ((option.node, option.result, 0) for option in valid_terminals(slot, (given,)))
        return
    sizes = range(1, modules - later + 1) if later else range(modules, modules + 1)
    for size in sizes:
        if size > 0:
            yield from ((node, result, size) for node, result in _of_size("module", given, size))


def _branching(
    head: DerivationNode, given: Features, modules: int
) -> Iterator[tuple[DerivationNode, Features]]:
    factor = head.args[0]
    fork, *inner, join = parts(head.op, head.args)
    for split in valid_terminals(fork, (given,)):
        for sizes in product(range(1, modules), repeat=len(inner)):
            if sum(sizes) != modules - 1:
                continue
            drawn = [list(_of_size("module", split.result, size)) for size in sizes]
            for chosen in product(*drawn):
                ends = tuple([end for _, end in chosen] * (factor // len(inner)))
                for option in valid_terminals(join, ends):
                    children = (split.node, *(node for node, _ in chosen), option.node)
                    yield DerivationNode("branching", head.args, children), option.result
