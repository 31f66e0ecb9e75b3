"""How many NAS-Bench-301 cells are the same but for the numbers of their steps: counted in two ways."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.graph import Architecture, class_labels, ids, op
from archenc.graph.form_graph import live_iso_texts
from archenc.spaces.nasbench301 import CELLS, OPS, SOURCES, SPACE
from archenc.testing.strategies import nb301_architectures, relabelled

WIRINGS = [
    frozenset((source, step + 2) for step, two in enumerate(choice) for source in two)
    for choice in itertools.product(*SOURCES)
]
ORDERS = [{0: 0, 1: 1, **dict(zip(range(2, 6), order, strict=True))}
          for order in itertools.permutations(range(2, 6))]  # fmt: skip


def renumbered(wiring, order):
    return frozenset((order[source], order[target]) for source, target in wiring)


def cycles(order, wiring):
    """Count the orbits of edges under one renumbering that keeps the wiring."""
    waiting, found = set(wiring), 0
    while waiting:
        here = start = waiting.pop()
        while (here := (order[here[0]], order[here[1]])) != start:
            waiting.remove(here)
        found += 1
    return found


def classes_by_counting(n_ops):
    """Count by Burnside's lemma: over the classes of wirings, the mean number of fixed assignments of ops."""
    total = 0
    for wiring in {
        min(sorted(renumbered(w, order)) for order in ORDERS).__str__(): w for w in WIRINGS
    }.values():
        kept = [order for order in ORDERS if renumbered(wiring, order) == wiring]
        fixed = sum(n_ops ** cycles(order, wiring) for order in kept)
        assert fixed % len(kept) == 0
        total += fixed // len(kept)
    return total


def test_the_number_of_classes():
    assert len(WIRINGS) * len(OPS) ** 8 == CELLS
    assert classes_by_counting(1) == 79
    assert classes_by_counting(7) == 382_128_166


@pytest.mark.parametrize("n_ops", [1, 2])
def test_live_iso_finds_exactly_these_classes(n_ops):
    members = np.array(list(itertools.product([m.index for m in OPS[:n_ops]], repeat=8)), dtype=np.int16)
    edge_ops = np.full((len(WIRINGS), len(members), 7, 7), -1, dtype=np.int16)
    for k, wiring in enumerate(WIRINGS):
        for place, (source, target) in enumerate(sorted(wiring)):
            edge_ops[k, :, source, target] = members[:, place]
    edge_ops[:, :, 2:6, 6] = op("link").index
    nodes = [op(name).index for name in ("input", "input", "sum", "sum", "sum", "sum", "output")]
    ops = np.tile(np.array(nodes, dtype=np.int16), (len(WIRINGS) * len(members), 1))
    texts = live_iso_texts(ops, edge_ops.reshape(-1, 7, 7), 2)
    assert len(set(texts.tolist())) == classes_by_counting(n_ops)


@given(nb301_architectures(), st.data())
def test_the_default_id_does_not_depend_on_the_numbering(arch, data):
    twin = Architecture(arch.space, tuple(data.draw(relabelled(cell)) for cell in arch.cells))
    assert SPACE.parse(SPACE.format(twin)) == twin
    assert twin.id() == arch.id() == arch.id("live-iso-v1")


def test_what_is_no_renumbering_changes_the_id():
    arch = SPACE.sample(1, 5)[0]
    normal, reduction = arch.cells
    others = [*SPACE.neighbours(arch), Architecture(arch.space, (reduction, normal))]
    inputs_swapped = SPACE.from_codes(np.array([[[(1 - i if i < 2 else i, k) for i, k in cell]
                                                 for cell in SPACE.code(arch)]]))  # fmt: skip
    assert arch.id() not in {other.id() for other in [*others, *inputs_swapped]}


def test_all_public_architectures_are_different_networks(shared_data):
    listed = json.loads((shared_data / "nb301" / "archs_nasbench301.json").read_text())
    scored = json.loads((shared_data / "nb301" / "zc_nasbench301.json").read_text())["cifar10"]
    archs = [SPACE.parse(text) for text in [*listed.values(), *scored]]
    assert class_labels(archs, "live-iso-v1").max() + 1 == len(archs) == 11_946
    found = ids(archs, "live-iso-v1")
    assert found[::500].tolist() == [arch.id() for arch in archs[::500]]
    cells = {cell: Architecture("cells", (cell,)) for arch in archs for cell in arch.cells}
    assert len(cells) == 2 * len(archs)
    assert class_labels(list(cells.values()), "live-iso-v1").max() + 1 == 23_891  # two are one, renumbered
