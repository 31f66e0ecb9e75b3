from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archenc.errors import DataError, InvalidArchitecture, InvalidArgument, MissingScore, UnknownName
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric, stored_path

NB101, NB201 = space("nb101"), space("nb201")
KEYS = ["(0, 1, 2, 3, 4, 0)", 17, NB201.format(NB201.parse(4242))]
METRICS = [
    Metric("cifar10_val_accuracy_200ep", "cifar10", "accuracy", "val", 200, "fraction", "max"),
    Metric("cifar10_zen", "cifar10", "zen"),
]
COLUMNS = {"cifar10_val_accuracy_200ep": [0.9, 0.8, 0.7], "cifar10_zen": [100.0, np.nan, -5.0]}


def build() -> BenchmarkTable:
    return BenchmarkTable.from_columns("nb201", KEYS, COLUMNS, METRICS)


@pytest.fixture(params=["in memory", "in parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> BenchmarkTable:
    if request.param == "in memory":
        return build()
    build().save(tmp_path / "t.parquet")
    return BenchmarkTable.open(tmp_path / "t.parquet")


def test_what_a_table_says(table: BenchmarkTable):
    assert table.space == "nasbench201"
    assert len(table) == 3
    assert list(table.metrics.values()) == METRICS
    assert table.keys == [NB201.format(NB201.parse(key)) for key in KEYS]
    assert table.architectures() == [NB201.parse(key) for key in KEYS]
    assert table.spellings() == table.keys
    assert table.spellings([2, 0]) == [table.keys[2], table.keys[0]]
    assert table.architectures([2, 0]) == [NB201.parse(KEYS[2]), NB201.parse(KEYS[0])]
    assert table.absent == {}
    assert table.provenance == {}
    assert "nasbench201: 3 architectures x 2 metrics" in repr(table)


def test_values_and_missing_values(table: BenchmarkTable):
    zen = table.values("cifar10_zen")
    np.testing.assert_array_equal(zen, [100, np.nan, -5])
    assert zen.dtype == np.float64
    assert table.missing("cifar10_zen") == {"no value given": 1}
    assert table.missing("cifar10_val_accuracy_200ep") == {}
    np.testing.assert_array_equal(table.values("cifar10_zen", [2, 0, 2]), [-5, 100, -5])
    np.testing.assert_array_equal(table.values("cifar10_zen", np.array([False, False, True])), [-5])
    assert table.values("cifar10_zen", []).shape == (0,)


def test_values_are_the_callers_own(table: BenchmarkTable):
    table.values("cifar10_zen")[:] = 0
    assert table.values("cifar10_zen")[0] == 100


def test_selecting_rows_where_all_is_present(table: BenchmarkTable):
    assert table.select("cifar10_zen").tolist() == [0, 2]
    assert table.select(["cifar10_val_accuracy_200ep", "cifar10_zen"]).tolist() == [0, 2]
    assert table.select([]).tolist() == [0, 1, 2]


def test_rows_of_architectures(table: BenchmarkTable):
    assert table.rows([NB201.parse(17), "(0, 1, 2, 3, 4, 0)"]).tolist() == [1, 0]
    assert table.rows([]).shape == (0,)
    with pytest.raises(MissingScore, match="1 of 2 are not among the 3 rows of this table, the first: "):
        table.rows([17, 18])
    with pytest.raises(InvalidArchitecture):
        table.rows(["conv"])


def test_only_the_architectures_asked_for_are_parsed_and_only_once(
    table: BenchmarkTable, monkeypatch: pytest.MonkeyPatch
):
    parsed: list[object] = []
    parse = type(NB201).parse
    monkeypatch.setattr(
        type(NB201), "parse", lambda self, native: parsed.append(native) or parse(self, native)
    )
    again = table.architectures([2, 0, 2])
    assert again[0] is again[2]
    assert parsed == table.spellings([2, 0])
    table.architectures()
    assert parsed == table.spellings([2, 0, 1])


# two numberings of one cell, a cell with a dead node that is pruned to another, and that other
TWINS = ["1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp"]
DEAD, ALIVE = "110-00-1|c1,c3", "10-1|c3"


@pytest.fixture(params=["in memory", "in parquet"])
def hashed(request: pytest.FixtureRequest, tmp_path: Path) -> BenchmarkTable:
    table = BenchmarkTable.from_columns("nb101", [TWINS[0], DEAD], {"acc": [0.9, 0.8]})
    if request.param == "in parquet":
        table.save(tmp_path / "t.parquet")
        table = BenchmarkTable.open(tmp_path / "t.parquet")
    return table


def test_isomorphic_cells_share_a_row_and_the_spelling_stays_as_given(hashed: BenchmarkTable):
    assert hashed.spellings() == [TWINS[0], DEAD]
    assert hashed.rows([*TWINS, DEAD, ALIVE]).tolist() == [0, 0, 1, 1]
    assert hashed.rows([NB101.parse(TWINS[1])]).tolist() == [0]
    assert hashed.rows(hashed.keys).tolist() == [0, 1]
    assert hashed.keys == [NB101.key(NB101.parse(text)) for text in (TWINS[0], DEAD)]
    assert hashed.to_arrow().column_names == ["architecture", "key", "acc"]
    with pytest.raises(MissingScore, match="1 of 1 are not among the 2 rows"):
        hashed.rows(["1|"])
    with pytest.raises(MissingScore, match=r"no row of this table of nasbench101 has the key 0{32}"):
        hashed.rows(["0" * 32])


def test_isomorphic_cells_are_no_two_rows():
    with pytest.raises(InvalidArgument, match="occurs more than once"):
        BenchmarkTable.from_columns("nb101", TWINS, {"acc": [0.9, 0.8]})


def test_an_altered_key_is_noticed(hashed: BenchmarkTable, tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    hashed.save(tmp_path / "h.parquet")
    honest = pq.read_table(tmp_path / "h.parquet")
    swapped = pa.array([hashed.keys[1], hashed.keys[0]])
    pq.write_table(honest.set_column(1, "key", swapped), tmp_path / "h.parquet")
    with pytest.raises(DataError, match="column 'key' does not fit its checksum"):
        BenchmarkTable.open(tmp_path / "h.parquet").rows([DEAD])


@pytest.mark.parametrize("rows", [[3], [-1], np.array([0.5]), np.array(["a"]), np.array([True, False])])
def test_rows_out_of_range(table: BenchmarkTable, rows: object):
    with pytest.raises(InvalidArgument, match=r"rows: expected integers in 0\.\.2 or a mask of 3"):
        table.values("cifar10_zen", rows)  # type: ignore[arg-type]


def test_a_metric_that_the_table_lacks(table: BenchmarkTable):
    for ask in (table.values, table.resolve, table.missing, table.select):
        with pytest.raises(UnknownName, match=r"metric='cifar10_zem': .*near are cifar10_zen"):
            ask("cifar10_zem")


def test_arrow_has_nulls(table: BenchmarkTable):
    arrow = table.to_arrow()
    assert arrow.column_names == ["architecture", *COLUMNS]
    assert arrow["cifar10_zen"].to_pylist() == [100.0, None, -5.0]
    assert table.to_arrow(["cifar10_zen"]).column_names == ["architecture", "cifar10_zen"]


def test_a_table_travels_to_another_process(table: BenchmarkTable):
    again = pickle.loads(pickle.dumps(table))
    np.testing.assert_array_equal(again.values("cifar10_zen"), table.values("cifar10_zen"))


def test_a_table_from_memory_and_from_disk_save_alike(tmp_path: Path):
    build().save(tmp_path / "1.parquet")
    BenchmarkTable.open(tmp_path / "1.parquet").save(tmp_path / "2.parquet")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"space_name": "nb999"}, UnknownName, "nb999"),
        ({"keys": [17, 18, "nonsense"]}, InvalidArchitecture, "nonsense"),
        ({"keys": [17, 18, NB201.format(NB201.parse(17))]}, InvalidArgument, "occurs more than once"),
        ({"columns": {"a": [1, 2]}, "metrics": []}, InvalidArgument, r"columns\['a'\] has shape \(2,\)"),
        ({"columns": {"a": [1, 2, np.inf]}, "metrics": []}, InvalidArgument, "infinite"),
        ({"columns": {"a": [1, 2, "x"]}, "metrics": []}, InvalidArgument, "not numbers"),
        ({"columns": {"key": [1, 2, 3]}, "metrics": []}, InvalidArgument, "column of texts"),
        ({"columns": {"architecture": [1, 2, 3]}, "metrics": []}, InvalidArgument, "column of texts"),
        ({"columns": {"a": [1, 2, 3]}}, InvalidArgument, "'cifar10_val_accuracy_200ep' has no column"),
    ],
)
def test_a_table_of_ones_own_that_does_not_fit(change: dict, error: type, message: str):
    arguments = {"space_name": "nb201", "keys": KEYS, "columns": COLUMNS, "metrics": METRICS} | change
    if "x" in arguments["columns"].get("a", []):
        arguments["columns"] = {"a": np.array([1, 2, "x"], dtype=object)}
    with pytest.raises(error, match=message):
        BenchmarkTable.from_columns(**arguments)


def test_a_column_without_a_metric_is_described_by_its_name():
    table = BenchmarkTable.from_columns("nb201", KEYS, {"mine": [1, 2, 3]})
    assert table.resolve("mine") == Metric("mine", dataset="", quantity="mine")


def test_opening_by_name_looks_into_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    with pytest.raises(DataError, match="archenc data import nb201 --from FOLDER"):
        BenchmarkTable.open("nb201")
    build().save(stored_path("nb201"))
    assert len(BenchmarkTable.open("nb201")) == len(BenchmarkTable.open("nasbench201")) == 3
    assert len(BenchmarkTable.open("nb201", home=tmp_path)) == 3
    (tmp_path / "nb201").mkdir()
    monkeypatch.chdir(tmp_path)  # a folder of that name is not the table
    assert len(BenchmarkTable.open("nb201")) == 3
    with pytest.raises(
        DataError, match=r"'nb209' is no table file and no search space: .*did you mean nb201"
    ):
        BenchmarkTable.open("nb209")
    with pytest.raises(DataError, match="no such file"):
        BenchmarkTable.open(tmp_path / "none.parquet")


def test_the_file_may_be_replaced_while_a_table_is_open(tmp_path: Path):
    path = tmp_path / "t.parquet"
    build().save(path)
    table = BenchmarkTable.open(path)
    BenchmarkTable.from_columns("nb201", [1], {"other": [1.0]}).save(path)
    assert table.values("cifar10_zen")[0] == 100


def test_truncated_foreign_and_altered_files(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    build().save(path)
    whole = path.read_bytes()
    for keep in (0, 4, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:keep])
        with pytest.raises(DataError, match=r"t\.parquet: not a whole parquet file: truncated or altered"):
            BenchmarkTable.open(path)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(DataError, match="no archenc table"):
        BenchmarkTable.open(path)


def test_values_changed_by_another_program(tmp_path: Path):
    import pyarrow.parquet as pq

    path = tmp_path / "t.parquet"
    build().save(path)
    honest = pq.read_table(path)
    zen = honest.column_names.index("cifar10_zen")
    pq.write_table(honest.set_column(zen, "cifar10_zen", [[100.0, None, -6.0]]), path)
    table = BenchmarkTable.open(path)
    assert table.values("cifar10_val_accuracy_200ep")[0] == 0.9
    with pytest.raises(DataError, match="altered: column 'cifar10_zen' does not fit its checksum"):
        table.values("cifar10_zen")
    pq.write_table(honest.drop_columns(["cifar10_zen"]), path)
    with pytest.raises(DataError, match="columns or rows are not those it describes"):
        BenchmarkTable.open(path)
    pq.write_table(honest.slice(0, 2), path)
    with pytest.raises(DataError, match="columns or rows are not those it describes"):
        BenchmarkTable.open(path)
    text = honest.schema.metadata[b"archenc"].replace(b'"fraction"', b'"percent" ')
    pq.write_table(honest.replace_schema_metadata({**honest.schema.metadata, b"archenc": text}), path)
    with pytest.raises(DataError, match="description of its columns does not fit"):
        BenchmarkTable.open(path)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path: Path, place: float, bit: int):
    path = tmp_path / "t.parquet"
    if not (tmp_path / "whole").exists():
        build().save(tmp_path / "whole")
    content = bytearray((tmp_path / "whole").read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        table = BenchmarkTable.open(path)
        found = {name: table.values(name) for name in COLUMNS}
        keys, metrics = table.keys, list(table.metrics.values())
    except DataError:
        return
    for name, values in COLUMNS.items():
        np.testing.assert_array_equal(found[name], values)
    assert keys == build().keys
    assert metrics == METRICS
