from __future__ import annotations

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables.importing import Sheet
from archenc.tables.rows import Rows, whole_space

NB201 = space("nb201")


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
        (Sheet([3, 4], "index", {"acc": np.zeros(3)}), "column 'acc' does not have one value for each of 2"),
    ],
)
def test_rows_that_do_not_fit(rows: Rows, bad: Sheet, message: str):
    with pytest.raises(DataError, match=message):
        rows.find(bad, "x.csv")
