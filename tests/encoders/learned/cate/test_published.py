from __future__ import annotations

import numpy as np

from archenc.encoders.learned.cate.published import MASK, PAD, published_graphs, published_tokens
from archenc.encoders.learned.cate.reach import closure, unpack
from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.graph import as_batch
from archenc.spaces import space


def test_tokens_of_each_space_in_the_published_order():
    def names(name: str) -> str:
        return " ".join(published_tokens(TokenFrame.of(name)))

    assert names("nasbench101") == "input conv1x1 conv3x3 max_pool3x3 output"
    assert names("nasbench201") == "output input avg_pool3x3 conv1x1 conv3x3 none skip"
    assert names("transnasbench101") == "output input none skip conv1x1 conv3x3"
    assert names("nasbench301") == (
        "input input_1 max_pool3x3 avg_pool3x3 skip sep_conv3x3 sep_conv5x5 "
        "dil_conv3x3 dil_conv5x5 sum output"
    )


def test_ids_collide_in_nasbench101_as_published():
    tokens = published_tokens(TokenFrame.of("nasbench101"))
    assert tokens[MASK] == "conv1x1"
    assert tokens[PAD] == "input"
    small = space("nb101").parse("10-1|c3")
    graphs = published_graphs(TokenFrame.of("nasbench101").graphs([small]), TokenFrame.of("nasbench101"))
    assert graphs.tokens[0].tolist() == [0, 2, 0, 0, 0, 0, 4]


def test_cells_of_two_inputs_have_their_sums_as_nodes():
    frame = TokenFrame.of("nasbench301", False)
    archs = space("nb301").sample(40, 0)
    graphs = published_graphs(frame.graphs(archs), frame)
    names = published_tokens(frame)
    assert graphs.tokens.shape == (80, 15)
    for arch, rows in zip(archs, np.split(np.arange(80), 40), strict=True):
        for cell, row in zip(arch.cells, rows, strict=True):
            place = [0, 1, 4, 7, 10, 13, 14]
            links = np.zeros((15, 15), dtype=bool)
            tokens = ["input", "input_1", *["sum"] * 12, "output"]
            seen = dict.fromkeys(range(7), 0)
            for source, target, member in cell.edges:
                if target == 6:
                    links[place[source], 14] = True
                    continue
                node = place[target] - 2 + seen[target]
                seen[target] += 1
                tokens[node] = member.name
                links[place[source], node] = links[node, place[target]] = True
            assert [names[token] for token in graphs.tokens[row]] == tokens
            np.testing.assert_array_equal(graphs.links[row], links)


def test_sums_do_not_change_what_reaches_what():
    frame = TokenFrame.of("nasbench301", False)
    bare = frame.graphs(space("nb301").sample(30, 1))
    summed = published_graphs(bare, frame)
    kept = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14]
    wide = unpack(closure(summed.links), 15)[:, kept][:, :, kept]
    np.testing.assert_array_equal(wide, unpack(closure(bare.links), 11))


def test_cells_of_one_input_are_rewired():
    frame = TokenFrame.of("nasbench201", False)
    archs = space("nb201").sample(200, 0)
    expected = as_batch(archs, "op_on_node", True).adjacency[:, 0].astype(bool)
    np.testing.assert_array_equal(published_graphs(frame.graphs(archs), frame).links, expected)
