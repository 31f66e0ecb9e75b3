"""The search space of NAS-Bench-301."""

import itertools
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell, Edge, as_batch, op
from archenc.spaces import darts_spelling as spelling
from archenc.spaces import space
from archenc.spaces.darts_spelling import STYLES
from archenc.spaces.nasbench301 import CELLS, SPACE
from archenc.testing.space_kit import SpaceKit
from archenc.testing.strategies import nb301_architectures
from archenc.testing.unchecked import unchecked


class TestKit(SpaceKit):
    def make_space(self):
        return SPACE


def test_it_is_found_by_its_names():
    assert space("nasbench301") is space("nb301") is space("darts") is SPACE
    assert SPACE.size == (180 * 7**8) ** 2 == 1_037_664_180**2


@pytest.mark.parametrize("style", STYLES)
@given(arch=nb301_architectures())
def test_parse_reads_what_format_writes(style, arch):
    assert SPACE.parse(SPACE.format(arch, style)) == arch


@given(nb301_architectures())
def test_an_architecture_parses_to_itself(arch):
    assert SPACE.parse(arch) == arch
    assert SPACE.parse(Architecture.from_json(arch.to_json())) == arch


def test_every_spelling_of_every_public_row(shared_data):
    trained = json.loads((shared_data / "nb301" / "archs_nasbench301.json").read_text())
    scored = json.loads((shared_data / "nb301" / "zc_nasbench301.json").read_text())["cifar10"]
    texts = [*trained.values(), *scored]
    assert (len(trained), len(scored)) == (11_221, 725)
    archs = [SPACE.parse(text) for text in texts]
    assert len(set(archs)) == len(texts)
    assert [SPACE.format(arch) for arch in archs[:11_221]] == texts[:11_221]
    codes = [SPACE.code(arch) for arch in archs]
    for style in STYLES:
        assert [spelling.read(spelling.write(code, style)) for code in codes] == codes
    np.testing.assert_array_equal(SPACE.codes(as_batch(archs)), codes)
    assert SPACE.from_numbers(SPACE.numbers(archs)) == archs


@pytest.mark.parametrize("proxy", ["zen", "nwot"])
def test_the_scores_are_of_the_architectures_of_the_list(shared_data, proxy):
    listed = json.loads((shared_data / "nb301" / "archs_nasbench301.json").read_text())
    with zipfile.ZipFile(shared_data / "nb301" / f"nb301_{proxy}.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        rows = [row for name in names for row in json.loads(archive.read(name))]
    assert {row["idx"]: row["arch"] for row in rows} == listed
    assert all(row[proxy].keys() == {"score", "time"} for row in rows)


@given(nb301_architectures(), st.integers(0, 119))
def test_the_120_neighbours_know_each_other(arch, k):
    others = list(SPACE.neighbours(arch))
    assert len({arch, *others}) == 121
    assert arch in SPACE.neighbours(others[k])
    here, there = (SPACE.codes([a])[0].astype(int) for a in (arch, others[k]))
    cell = int((here != there).any(axis=(1, 2)).argmax())
    assert (here[1 - cell] == there[1 - cell]).all()
    step = int((here[cell] != there[cell]).any(axis=1).argmax()) // 2
    one, other = (
        {tuple(pair) for pair in code[cell, 2 * step : 2 * step + 2].tolist()} for code in (here, there)
    )
    (lost,), (won,) = one - other, other - one
    assert (lost[0] == won[0]) != (lost[1] == won[1])


def test_numbers_run_through_the_cells():
    numbers = np.array([[0, 1], [7**8, CELLS - 1], [123_456_789, 987_654_321]])
    archs = SPACE.from_numbers(numbers)
    np.testing.assert_array_equal(SPACE.numbers(archs), numbers)
    first = ((0, 0), (1, 0)) * 4
    assert SPACE.code(archs[0]) == (first, (*first[:7], (1, 1)))
    assert SPACE.code(archs[1])[1] == ((0, 6), (1, 6), (1, 6), (2, 6), (2, 6), (3, 6), (3, 6), (4, 6))
    assert list(itertools.islice(SPACE.enumerate(), 2)) == SPACE.from_numbers(np.array([[0, 0], [0, 1]]))
    with pytest.raises(InvalidArchitecture, match=r"numbers\[1, 0\] is -1; legal: 0..1,037,664,179"):
        SPACE.from_numbers(np.array([[0, 0], [-1, 0]]))


def test_the_space_is_counted_cell_by_cell_on_its_first_two_steps():
    wanted = {
        two for two in itertools.product(itertools.product(range(3), range(7)), repeat=2) if two[0] < two[1]
    }
    wanted = {two for two in wanted if two[0][0] != two[1][0]}
    stride = CELLS // (49 * 3 * 49)  # the last two steps vary fastest
    found = SPACE.codes(SPACE.from_numbers(np.arange(49 * 3 * 49)[:, None] * stride + np.array([0, 5])))
    pairs = {(tuple(a), tuple(b)) for a, b in found[:, 0, 2:4].tolist()}
    assert pairs == wanted
    assert len({code.tobytes() for code in found[:, 0]}) == 49 * 3 * 49


def test_samples_are_uniform_and_reproducible():
    archs = SPACE.sample(3000, 0)
    assert archs == SPACE.sample(3000, np.random.default_rng(0))
    assert archs != SPACE.sample(3000, 1)
    assert len(set(archs)) == 3000
    codes = SPACE.codes(archs)
    for slot in range(8):
        counts = np.bincount(codes[:, :, slot, 1].ravel(), minlength=7)
        assert chisquare(counts).pvalue > 1e-4
    sources = codes[:, :, 6:8, 0].reshape(-1, 2) @ [5, 1]
    assert chisquare(np.unique(sources, return_counts=True)[1]).pvalue > 1e-4
    assert len(np.unique(sources)) == 10
    assert SPACE.sample(0, 0) == []
    with pytest.raises(InvalidArgument, match=r"n=-1: expected an integer 0\.\.1000000000"):
        SPACE.sample(-1, 0)


def test_codes_of_a_population():
    archs = SPACE.sample(50, 2)
    codes = SPACE.codes(archs)
    np.testing.assert_array_equal(SPACE.codes(as_batch(archs)), codes)
    assert SPACE.from_codes(codes) == archs
    assert SPACE.from_codes(codes.reshape(50, 2, 4, 2, 2)[:, :, :, ::-1].reshape(50, 2, 8, 2)) == archs
    assert SPACE.codes([]).shape == (0, 2, 8, 2)
    with pytest.raises(InvalidArgument, match="native batch of 'nasbench301'"):
        SPACE.codes(as_batch(archs, "op_on_node"))


def changed_cell(edges=None):
    cell = SPACE.sample(1, 0)[0].cells[0]
    return Cell(cell.nodes, cell.edges if edges is None else edges)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([changed_cell()], "with 1 cells"),
        ([changed_cell()] * 3, "with 3 cells"),
        ([changed_cell(), changed_cell(edges=changed_cell().edges[:-1])], "no cell of nasbench301"),
        ([changed_cell(), changed_cell(edges=changed_cell().edges[1:])], "no cell of nasbench301"),
        (
            [changed_cell(), changed_cell(edges=(Edge(0, 2, op("none")), *changed_cell().edges[1:]))],
            "operation 'none' is not in nasbench301",
        ),
    ],
)
def test_foreign_cells_are_refused(cells, message):
    foreign = Architecture("nasbench301", tuple(cells))
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.code(foreign)
    if len(cells) == 2:
        with pytest.raises(InvalidArchitecture, match="row 1 of the batch is no architecture of nasbench301"):
            SPACE.codes(as_batch([SPACE.sample(1, 0)[0], foreign]))
    else:
        with pytest.raises(InvalidArchitecture, match="row 0 of the batch"):
            SPACE.codes(as_batch([foreign]))


CELL = ((0, 1), (1, 1)) * 4
NO_CODES: list[Any] = [(), None, 5, (1,) * 6, ("a",) * 6, ([],) * 6, ((1, 2), (3, 4)), (CELL,), (CELL,) * 3]
BAD_PAIRS = [(1, 7), (5, 0), (0, 1), (1, 1.0), (1, True), (1, "skip_connect")]
NO_CODES += [(CELL, (*CELL[:-1], pair)) for pair in BAD_PAIRS]


@pytest.mark.parametrize("code", [*NO_CODES, str((CELL, CELL)), (CELL, (*CELL[:6], CELL[7], CELL[6]))])
@unchecked()
def test_a_code_that_is_none_or_out_of_order_is_refused(code: Any):
    with pytest.raises(InvalidArchitecture):
        SPACE.from_code(code)


@unchecked()
def test_a_code_may_be_of_any_sequences_and_integers():
    arch = SPACE.from_code((CELL, CELL))
    assert SPACE.from_code([[*CELL], [*CELL]]) == arch  # type: ignore[arg-type]
    assert SPACE.from_code(np.array([CELL, CELL])) == arch  # type: ignore[arg-type]
