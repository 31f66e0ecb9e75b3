from __future__ import annotations

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.spaces import space
from archenc.tables.importing import Listing, Sheet
from archenc.tables.rows import Rows, whole_space

NB101, NB201 = space("nb101"), space("nb201")


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(NB201, whole_space)


def spelt(index: int, style: str) -> str:
    return NB201.format(NB201.parse(index), style)


@pytest.mark.parametrize("style", ["native", "naslib"])
def test_rows_are_found_by_spelling_in_the_official_order(rows: Rows, style: str):
    wanted = [7, 0, 15624, 4242]
    keys = [spelt(index, style) for index in wanted]
    found = rows.find(Sheet(keys, "spelling", {}), "x.csv")
    assert found.tolist() == wanted


def test_naslib_and_native_order_differ_in_the_third_and_fourth_edge(rows: Rows):
    # 0 skip, 1 none, 2 conv3x3, 3 conv1x1, 4 pool; edges 01 02 03 12 13 23
    native = "|skip_connect~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|skip_connect~2|"
    by_tuple = rows.find(Sheet(["(0, 1, 2, 3, 4, 0)"], "spelling", {}), "x")
    assert by_tuple.tolist() == rows.find(Sheet([native], "spelling", {}), "x").tolist()


def test_an_unusual_spelling_is_parsed_by_the_space(rows: Rows):
    key = spelt(5, "naslib").replace(" ", "")
    assert rows.find(Sheet([key], "spelling", {}), "x").tolist() == [5]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Sheet(["(0, 1, 2, 3, 4, 9)"], "spelling", {}), r"x\.csv, row 0: .*9"),
        (Sheet([15625], "index", {}), r"x\.csv: index 15625 is outside 0\.\.15624"),
        (Sheet([-1], "index", {}), "index -1"),
        (Sheet([3, 4, 3], "index", {}), "occurs more than once"),
        (Sheet([3], "index", {}, also=(["(0, 0, 0, 0, 0, 0)"], "spelling")), "row 0: its two spellings"),
        (Sheet([3, 4], "index", {}, also=([3], "index")), "row 1: its two spellings"),
        (Sheet(["nonsense"], "key", {}), "row 0: 'nonsense' is the key of no row"),
        (Sheet([3, 4], "index", {"acc": np.zeros(3)}), "column 'acc' does not have one value for each of 2"),
    ],
)
def test_rows_that_do_not_fit(rows: Rows, bad: Sheet, message: str):
    with pytest.raises(DataError, match=message):
        rows.find(bad, "x.csv")


def test_repeats_are_found_where_the_sheet_expects_them(rows: Rows):
    assert rows.find(Sheet([3, 4, 3], "index", {}, repeats="mean"), "x").tolist() == [3, 4, 3]


def test_the_listing_of_a_small_space_is_its_enumeration():
    listing = whole_space(NB201)
    assert listing.keys is None
    assert list(listing.spellings) == [NB201.format(arch) for arch in NB201.enumerate()]


TWINS = ["1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp"]
OTHER = {"operations": [-1, 0, -2], "adjacency": [[0, 1, 0], [0, 0, 1], [0, 0, 0]]}


def test_rows_of_a_listing_with_keys_are_found_by_key_and_by_any_isomorphic_spelling():
    keys = [NB101.key(NB101.parse(text)) for text in (OTHER, TWINS[0])]
    rows = Rows(NB101, Listing(["10-1|c3", TWINS[0]], keys))
    assert rows.find(Sheet([TWINS[1], OTHER], "spelling", {}), "x").tolist() == [1, 0]
    assert rows.find(Sheet(keys[::-1], "key", {}, also=([TWINS[0], OTHER], "spelling")), "x").tolist() == [
        1,
        0,
    ]
    with pytest.raises(DataError, match="row 0: its two spellings are of different architectures"):
        rows.find(Sheet(keys, "key", {}, also=([TWINS[0], OTHER], "spelling")), "x")
    with pytest.raises(DataError, match=r"x, row 0: [0-9a-f]{32} has no row in the table of nasbench101"):
        rows.find(Sheet(["1|"], "spelling", {}), "x")


def test_rows_may_be_what_the_files_hold_in_the_order_of_first_occurrence():
    rows = Rows(NB101)
    rows.admit(Sheet([OTHER, TWINS[1]], "spelling", {}), "x")
    rows.admit(Sheet([TWINS[0], "1|"], "spelling", {}), "y")
    assert rows.spellings == ["10-1|c3", TWINS[1], "1|"]
    assert rows.keys == [NB101.key(NB101.parse(text)) for text in rows.spellings]
    assert len(rows) == 3
    assert rows.find(Sheet(["1|", TWINS[0]], "spelling", {}), "y").tolist() == [2, 1]
    with pytest.raises(DataError, match="z, row 1: "):
        rows.admit(Sheet(["1|", "no cell"], "spelling", {}), "z")
    with pytest.raises(InvalidArgument, match="z: the rows of nasbench101 have no numbers"):
        rows.find(Sheet([0], "index", {}), "z")
    with pytest.raises(InvalidArgument, match="z: a key alone does not tell its architecture"):
        rows.admit(Sheet(["a"], "key", {}), "z")


def test_rows_that_are_listed_do_not_grow(rows: Rows):
    rows.admit(Sheet(["nonsense"], "spelling", {}), "x")
    assert len(rows) == 15625
