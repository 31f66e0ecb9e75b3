"""Decided cells become architectures, or are refused."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders import Arch2Vec
from archenc.encoders.learned.arch2vec.decoding import Decoded, Reader
from archenc.encoders.learned.arch2vec.metrics import draw, generate, reconstruct
from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.spaces import space, spaces
from archenc.testing.unchecked import unchecked


@pytest.mark.parametrize("name", spaces())
@pytest.mark.parametrize("rewire", [False, "none"])
def test_what_is_decided_rightly_is_the_cell_again(name: str, rewire: bool):
    archs = space(name).sample(60, 1)
    frame = TokenFrame.of(name, rewire)
    graphs, reader = frame.graphs(archs), Reader(frame)
    checked = 0
    if space(name).size is None:
        pytest.skip("hardly any graph of a space without a size is as large as the largest")
    if name in ("accelnasbench", "nasbenchmacro"):
        pytest.skip(f"{name}: the cell of one stage cannot stand in another")
    for row in np.flatnonzero(graphs.real.all(1)):
        arch = archs[row // frame.n_cells]
        made = reader.architecture(graphs.tokens[row].astype(np.int64), graphs.links[row])
        wanted = type(arch)(arch.space, (arch.cells[row % frame.n_cells],) * frame.n_cells)
        assert made.id() == wanted.id()
        if made.cells[0].ops_on == "edges":
            assert made == wanted
        checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", ["nasbench201", "nasbench301", "transnasbench101"])
def test_a_link_too_many_or_too_few_is_no_cell(name: str):
    """Every other choice of links, one link away, is refused where the operations say what is linked."""
    frame = TokenFrame.of(name, rewire=False)
    graphs, reader = frame.graphs(space(name).sample(3, 2)), Reader(frame)
    for tokens, links in zip(graphs.tokens.astype(np.int64), graphs.links, strict=True):
        for i, j in zip(*np.triu_indices(frame.width, 1), strict=True):
            other = links.copy()
            other[i, j] = not other[i, j]
            with pytest.raises(InvalidArchitecture):
                reader.architecture(tokens, other)


def test_slots_must_hold_what_they_stand_for():
    frame = TokenFrame.of("nasbench201")
    graphs, reader = frame.graphs(space("nb201").sample(1, 0)), Reader(frame)
    tokens, links = graphs.tokens[0].astype(np.int64), graphs.links[0]
    output, first = frame.tokens.index("output"), frame.tokens.index("input")
    for slot, token in ((0, output), (7, first), (3, first), (3, output), (0, 5)):
        wrong = tokens.copy()
        wrong[slot] = token
        with pytest.raises(InvalidArchitecture, match="the slots are"):
            reader.architecture(wrong, links)


def test_the_published_check_looks_at_operations_alone():
    frame = TokenFrame.of("nasbench201", rewire=False)
    graphs, reader = frame.graphs(space("nb201").sample(4, 0)), Reader(frame)
    tokens, links = graphs.tokens.astype(np.int64), graphs.links.copy()
    links[0] = False
    tokens[1, 1] = frame.tokens.index("input")
    tokens[2, 2] = frame.tokens.index("input")
    decided = Decoded(tokens, links)
    assert [one is None for one in reader.ids(decided)] == [True, True, True, False]
    assert [one is None for one in reader.published_ids(decided)] == [False, False, True, False]


def test_isomorphic_draws_count_once():
    frame = TokenFrame.of("nasbench101")
    reader = Reader(frame)
    archs = [a for a in space("nb101").sample(200, 5) if a.cells[0].n_nodes == 7][:20]
    graphs = frame.graphs(archs)
    decided = Decoded(graphs.tokens.astype(np.int64), graphs.links)
    assert reader.ids(decided) == [a.id() for a in archs]


def test_reconstruction_and_generation_of_a_small_encoder():
    archs = space("nb201").sample(120, 0)
    encoder = Arch2Vec(weights=None, epochs=1).fit(archs)
    found = reconstruct(encoder, archs)
    assert found.cells == 120
    assert 0 <= found.exact <= min(found.op_accuracy, found.edge_accuracy) <= 1
    assert repr(generate(encoder, archs, 200, 1)) == repr(generate(encoder, archs, 200, 1))
    decided = draw(encoder, archs, 50, 3)
    assert not np.tril(decided.links).any()
    made = generate(encoder, archs, 200, validity="published", known=set())
    if made.validity > 0:
        assert made.novelty == 1
    with unchecked(), pytest.raises(InvalidArgument, match="validity='loose'"):
        generate(encoder, archs, 5, validity="loose")  # pyright: ignore[reportArgumentType]


def test_draws_follow_the_codes_of_every_slot():
    """With codes that are certain, every draw is decoded to the one cell there is."""
    archs = space("nb201").sample(1, 0) * 4
    encoder = Arch2Vec(weights=None, epochs=1).fit(space("nb201").sample(50, 0))
    one = draw(encoder, archs, 30)
    assert (one.tokens == one.tokens[0]).all()
    assert (one.links == one.links[0]).all()


def test_the_published_check_of_darts_is_not_known():
    archs = space("nb301").sample(12, 0)
    encoder = Arch2Vec(weights=None, preset="published", epochs=1).fit(archs)
    with pytest.raises(InvalidArgument, match="not known for nasbench301"):
        generate(encoder, archs, 5, validity="published")
