from __future__ import annotations

from itertools import pairwise
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

from archenc.encoders import Path
from archenc.encoders.letters import spell
from archenc.encoders.walks import walks
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, as_batch, class_labels, op
from archenc.spaces import space
from archenc.spaces.nasbench201 import SPACE

from . import naive
from .cells import NB101, NB101_OPS, PAIR_OPS, nb101, nb101_cell, nb201, pairs

OPS = tuple(member.name for member in SPACE.ops)
ALL = as_batch(nb201())
SEVEN: dict[str, Any] = {"ops": NB101_OPS, "slots": 7}


def n_codes(code: np.ndarray) -> int:
    return len(np.unique(code, axis=0))


@pytest.mark.parametrize(
    ("encoder", "width", "codes"),
    [
        (Path(), 155, 15_625),
        (Path("count"), 155, 15_625),
        (Path(truncate=30), 30, 1_625),
        (Path(truncate=5), 5, 5),
        (Path(none="removed"), 84, 8_045),
        (Path("count", none="removed"), 84, 8_445),
        (Path("categorical"), 4, 15_625),
        (Path("categorical", published=True), 20, 15_625),
    ],
    ids=repr,
)
def test_golden_dimensions_and_numbers_of_codes(encoder: Path, width: int, codes: int):
    code = encoder.fit(nb201(5)).transform(ALL)
    assert code.shape == (15_625, width)
    assert n_codes(code) == codes
    assert encoder.injective == (codes == 15_625)


def test_golden_numbers_of_bits():
    bits = Path().fit(nb201(5)).transform(ALL).sum(axis=1)
    assert {int(k): int((bits == k).sum()) for k in np.unique(bits)} == {3: 625, 4: 15_000}


def test_a_block_a_route_gives_one_code_a_live_cell():
    cells, blocks = spell(ALL, OPS[1:], dropped=["none"]), []
    for route in ([(0, 3)], [(0, 1), (1, 3)], [(0, 2), (2, 3)], [(0, 1), (1, 2), (2, 3)]):
        only = np.zeros((4, 4), dtype=bool)
        only[tuple(np.transpose(route))] = True
        rows, index = walks(type(cells)(cells.present & only, *[getattr(cells, k) for k in REST]), source=0)
        block = np.zeros((len(ALL), 85), dtype=np.int8)
        block[rows, index] = 1
        blocks.append(block)
    assert n_codes(np.hstack(blocks)) == 9_445


REST = ("edges", "nodes", "real", "n_inputs", "m")


@pytest.mark.parametrize("dropped", [(), ("none",)])
def test_equals_the_twin_on_the_whole_space(dropped: tuple[str, ...]):
    ops = [name for name in OPS if name not in dropped]
    none = "removed" if dropped else "op"
    expected = np.stack([naive.path_counts(arch, ops, 1, 3, dropped) for arch in nb201()])
    np.testing.assert_array_equal(Path("count", none=none).fit(nb201(5)).transform(ALL), expected)
    np.testing.assert_array_equal(Path(none=none).fit(nb201(5)).transform(ALL), expected > 0)


def test_equals_the_twin_on_cells_with_ops_on_nodes():
    archs = nb101(2000, seed=11)
    expected = np.stack([naive.path_counts(arch, NB101_OPS, 0, 5) for arch in archs])
    assert expected.shape[1] == 364
    np.testing.assert_array_equal(Path("count", **SEVEN).fit(archs).transform(archs), expected)
    for published, first in ((False, 1), (True, 0)):
        listed = [naive.listed(row, 20, first) for row in expected]
        encoder = Path("categorical", published=published, width=20, **SEVEN)
        np.testing.assert_array_equal(encoder.fit(archs).transform(archs), listed)


def test_equals_the_twin_on_cells_of_two_inputs():
    archs = pairs(100)
    encoder = Path("count", ops=PAIR_OPS).fit(archs)
    expected = np.stack([naive.path_counts(arch, PAIR_OPS, 0, 3) for arch in archs])
    np.testing.assert_array_equal(encoder.transform(archs), expected)
    assert len(encoder.get_feature_names_out()) == 2 * 2 * (1 + 4 + 16 + 64)
    assert encoder.get_feature_names_out()[-1] == "cell1_input1_path[sep_conv3x3>sep_conv3x3>sep_conv3x3]"


def test_truncation_is_slicing_a_block_at_a_time():
    archs = nb101(100)
    whole = Path(**SEVEN).fit(archs).transform(archs)
    np.testing.assert_array_equal(Path(truncate=40, **SEVEN).fit(archs).transform(archs), whole[:, :40])
    archs = pairs(50)
    whole = Path(ops=PAIR_OPS).fit(archs).transform(archs).reshape(50, 4, 85)
    cut = Path(truncate=21, ops=PAIR_OPS).fit(archs).transform(archs)
    np.testing.assert_array_equal(cut.reshape(50, 4, 21), whole[:, :, :21])


def test_the_published_truncated_list_cannot_tell_no_path_from_the_empty_path():
    long = nb101_cell([(k, k + 1) for k in range(6)], ["conv3x3"] * 5)
    both = nb101_cell([*[(k, k + 1) for k in range(6)], (0, 6)], ["conv3x3"] * 5)
    codes = {
        published: Path("categorical", truncate=40, published=published, **SEVEN)
        .fit([long])
        .transform([long, both])
        for published in (True, False)
    }
    assert n_codes(codes[True]) == 1
    assert n_codes(codes[False]) == 2


def test_renumbered_and_pruned_cells_share_their_code():
    code = Path("count", none="removed").fit(nb201(5)).transform(ALL)
    twins = class_labels(ALL, "live-iso-v1")
    first = np.unique(twins, return_index=True)[1]
    np.testing.assert_array_equal(code, code[first][twins])


def test_dead_nodes_leave_no_path():
    live = nb101_cell([(0, 1), (1, 2)], ["conv3x3"])
    dead = nb101_cell([(0, 1), (1, 3), (0, 2)], ["conv3x3", "conv1x1"])
    np.testing.assert_array_equal(*Path("count", **SEVEN).fit([live]).transform([live, dead]))


def test_names_say_the_path():
    names = Path().fit(nb201(5)).get_feature_names_out()
    assert names[:6].tolist() == [*[f"path[{name}]" for name in OPS], "path[none>none]"]
    assert names[6] == "path[skip>none]"
    assert Path(**SEVEN).fit(nb101(5)).get_feature_names_out()[0] == "path[]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "one-hot"}, "style='one-hot'; legal: onehot, count, categorical"),
        ({"none": "keep"}, "none='keep'; legal: op, removed"),
        ({"truncate": 156}, r"truncate=156: expected 1 to 155.*natural cut-offs: 5, 30, 155"),
        ({"truncate": 0}, "truncate=0"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str):
    with pytest.raises(InvalidArgument, match=message):
        Path().set_params(**options).fit(nb201(5))


def test_too_few_places_are_an_error():
    with pytest.raises(InvalidArgument, match="width=2"):
        Path("categorical", width=2).fit(nb201(5)).transform(nb201(50))


def test_a_silent_edge_where_every_edge_spoke_is_an_error():
    arch = nb101_cell([(0, 1), (1, 2), (0, 2)], ["conv3x3"])
    speaking = as_batch([arch], view="op_on_edge")
    native = {"space": NB101, "view": "native"}
    fitted_on = type(speaking)(**{**vars(speaking), **native})
    fitted_on.edge_ops[fitted_on.edge_ops >= 0] = op("conv3x3").index
    encoder = Path(ops=NB101_OPS).fit(fitted_on)
    with pytest.raises(InvalidArgument, match="carries no op, though every edge did"):
        encoder.transform([arch])


@pytest.mark.slow
def test_golden_numbers_of_codes_of_all_nasbench101_cells(shared_data: File):
    batch = all_nb101(shared_data / "nb101" / "nb101_all_423624.npz")
    assert len(batch) == 423_624
    code = Path("count", **SEVEN).fit(batch[:10]).transform(batch).astype(np.uint8)
    bits = np.packbits(code > 0, axis=1)
    number = (code > 0).sum(axis=1)
    assert np.bincount(number).tolist() == [0, 1183, 22005, 114358, 209800, 57144, 17070, 1650, 414]
    assert classes(bits) == (170_820, 301, 99_679)
    assert classes(code)[:2] == (214_068, 90)
    for cut, codes in {1: 2, 4: 16, 13: 1_615, 40: 30_808, 121: 108_730}.items():
        assert classes(np.packbits(code[:, :cut] > 0, axis=1))[0] == codes
    short = code[:, :40].any(axis=1)
    assert (~short).sum() == 3_159
    assert (short & ~code[:, 1:40].any(axis=1)).sum() == 3_160
    having = [int(code[:, first:last].any(axis=1).sum()) for first, last in pairwise(CUTS)]
    assert having == [81_020, 211_976, 299_508, 327_591, 282_123, 139_968]


CUTS = (0, 1, 4, 13, 40, 121, 364)


def classes(rows: np.ndarray) -> tuple[int, int, int]:
    """Number of different rows, size of the largest class, number of rows that are alone."""
    packed = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").ravel()
    sizes = np.unique(packed, return_counts=True)[1]
    return len(sizes), int(sizes.max()), int((sizes == 1).sum())


def all_nb101(file: File) -> GraphBatch:
    """The enumerated cells as one batch of seven slots."""
    with np.load(file) as data:
        size, bits, labels = data["n"].astype(int), data["bits"].astype(np.int64), data["labels"].astype(int)
    n, link = len(size), op("link").index
    ops = np.full((n, 1, 7), -1, dtype=np.int16)
    edge_ops = np.full((n, 1, 7, 7), -1, dtype=np.int16)
    ops[:, 0, 0], ops[:, 0, 6] = op("input").index, op("output").index
    letters = np.array([op(name).index for name in NB101_OPS])
    for nodes in range(2, 8):
        rows = np.flatnonzero(size == nodes)
        place = [*range(nodes - 1), 6]
        for slot in range(1, nodes - 1):
            ops[rows, 0, slot] = letters[labels[rows] // 3 ** (nodes - 2 - slot) % 3]
        slots = [(u, v) for u in range(nodes) for v in range(u + 1, nodes)]
        for k, (u, v) in enumerate(slots):
            edge_ops[rows[bits[rows] >> k & 1 == 1], 0, place[u], place[v]] = link
    attributes = np.empty((n, 0), dtype=np.float32)
    adjacency = (edge_ops >= 0).astype(np.uint8)
    return GraphBatch(NB101, "native", adjacency, ops, edge_ops, ops >= 0, 1, attributes)


def test_op_strings_beyond_any_number_are_refused():
    einspace = space("einspace")
    for slots in (None, 2500):  # more than a float holds; more digits than Python writes
        archs = einspace.sample(1, 0, input_shape=(1, 8, 8))
        with pytest.raises(InvalidArgument, match=r"about 10\^\d{3,5} op strings, too many to number"):
            Path(slots=slots).fit(archs)


@pytest.mark.parametrize("name", ["nds_darts", "nds_nasnet_in", "lanas"])
def test_rows_that_fill_the_memory_are_refused_with_the_cut_offs_that_do_not(name):
    archs = space(name).sample(3, 0)
    with pytest.raises(InvalidArgument, match=r"^truncate=None: .*more columns than") as refused:
        Path().fit(archs)
    cut = int(str(refused.value).rpartition(", ")[2])
    assert Path(truncate=cut).fit_transform(archs).shape[1] <= 1 << 22
    with pytest.raises(InvalidArgument, match="more columns than"):
        Path(truncate=cut * 20).fit(archs)
