from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc.errors import DataError, InvalidArgument, UnknownName
from archenc.spaces import space
from archenc.store import file_sha256
from archenc.tables import BenchmarkTable, ImportReport, Metric, export, read_export
from archenc.tables.exporting import Kind
from archenc.testing.unchecked import unchecked

from .fuzz import fuzz, mutate_bytes, mutated_json

KINDS: list[Kind] = list(get_args(Kind))
NB201 = space("nb201")
ACCURACY = Metric(
    "cifar10_val_accuracy_5ep",
    "cifar10",
    "accuracy",
    "val",
    5,
    "percent",
    "max",
    "one",
    source="nb201/a.csv",
    note="a note, with a comma",
)
ZEN = Metric("cifar10_zen", "cifar10", "zen", source="nb201/b.csv")
VALUES = {
    "cifar10_val_accuracy_5ep": [0.1, 90.123456789012345, 1 / 3],
    "cifar10_zen": [1e300, np.nan, -5e-324],
}


@pytest.fixture
def table() -> BenchmarkTable:
    return BenchmarkTable.from_columns("nb201", [17, 4, 99], VALUES, [ACCURACY, ZEN])


def same(one: BenchmarkTable, other: BenchmarkTable) -> bool:
    return (
        one.space == other.space
        and one.keys == other.keys
        and one.metrics == other.metrics
        and all(np.array_equal(one.values(name), other.values(name), equal_nan=True) for name in one.metrics)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_comes_back_as_it_was(table: BenchmarkTable, tmp_path: Path, kind: Kind):
    written = export(table, tmp_path / f"x.{kind}")
    assert (written.rows, written.metrics) == (3, 2)
    assert same(read_export(tmp_path / f"x.{kind}"), table)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"x.{kind}", f"x.{kind}.json"]


@settings(max_examples=30)
@given(values=st.lists(st.floats(allow_infinity=False), min_size=1, max_size=9), kind=st.sampled_from(KINDS))
def test_every_number_comes_back(values: list[float], kind: Kind, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.getbasetemp() / f"numbers.{kind}"
    made = BenchmarkTable.from_columns("nb201", list(range(len(values))), {"x": values})
    export(made, path)
    np.testing.assert_array_equal(read_export(path).values("x"), values)


def test_what_other_programs_see(table: BenchmarkTable, tmp_path: Path):
    for kind in KINDS:
        export(table, tmp_path / f"x.{kind}")
    first, second, _ = csv.DictReader((tmp_path / "x.csv").read_text().splitlines())
    assert first["architecture"] == table.keys[0]
    assert (float(first["cifar10_zen"]), second["cifar10_zen"]) == (1e300, "")
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert lines[1] == {
        "architecture": table.keys[1],
        "cifar10_val_accuracy_5ep": VALUES["cifar10_val_accuracy_5ep"][1],
        "cifar10_zen": None,
    }
    content = pq.read_table(tmp_path / "x.parquet")
    assert content.column_names == ["architecture", *VALUES]
    assert content.column("cifar10_zen").null_count == 1


def test_the_description_says_what_the_numbers_are(table: BenchmarkTable, tmp_path: Path):
    written = export(table, tmp_path / "x.csv", metrics=["cifar10_zen"], rows=[2, 1])
    facts = json.loads(written.description.read_text())
    assert facts["metrics"] == [ZEN.to_dict()]
    assert (facts["space"], facts["rows"], facts["rows_of_the_table"]) == ("nasbench201", 2, 3)
    assert facts["missing"] == {"cifar10_zen": {"here": 1, "in_the_table": {"no value given": 1}}}
    assert facts["sha256"] == file_sha256(tmp_path / "x.csv")
    assert facts["style"] == "native"
    again = read_export(tmp_path / "x.csv")
    assert again.keys == [table.keys[2], table.keys[1]]
    assert list(again.metrics) == ["cifar10_zen"]


def test_the_sources_of_the_columns_and_their_licences(imported: ImportReport, tmp_path: Path):
    whole = BenchmarkTable.open(imported.table)
    export(whole, tmp_path / "x.parquet", metrics=["cifar10_test_accuracy_200ep"], rows=[0])
    facts = json.loads((tmp_path / "x.parquet.json").read_text())
    (source,) = facts["sources"]
    assert (source["file"], source["licence"]) == ("nb201/nats_bench.csv", "none stated")
    assert source["origin"].startswith("v-tao/nats-bench-landscape@")


def test_rows_of_a_benchmark_come_back(nb201: BenchmarkTable, tmp_path: Path):
    names = ["cifar10_val_accuracy_200ep", "cifar10_zc64_synflow", "cifar10_edgetpu_latency"]
    rows = np.arange(0, len(nb201), 8)
    export(nb201, tmp_path / "x.csv", metrics=names, rows=rows)
    again = read_export(tmp_path / "x.csv")
    assert again.keys == nb201.spellings(rows)
    for name in names:
        np.testing.assert_array_equal(again.values(name), nb201.values(name, rows))
        assert again.metrics[name] == nb201.metrics[name]


@pytest.mark.parametrize("kind", KINDS)
def test_other_styles_and_masks(table: BenchmarkTable, tmp_path: Path, kind: Kind):
    path = tmp_path / "x"
    export(table, path, rows=np.array([True, False, True]), style="naslib", kind=kind)
    spelt = [NB201.format(arch, "naslib") for arch in table.architectures([0, 2])]
    assert all(text in path.read_bytes().decode("latin1") for text in spelt)
    assert read_export(path).keys == [table.keys[0], table.keys[2]]


def test_only_other_styles_parse(table: BenchmarkTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any) -> Any:
        raise AssertionError("parsed")

    with monkeypatch.context() as patch:
        patch.setattr(BenchmarkTable, "architectures", refuse)
        export(table, tmp_path / "x.csv", rows=[1])
    with pytest.raises(InvalidArgument, match="style='braille'; legal: native"):
        export(table, tmp_path / "y.csv", style="braille")
    assert not (tmp_path / "y.csv").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_at_all(table: BenchmarkTable, tmp_path: Path, kind: Kind):
    assert export(table, tmp_path / f"x.{kind}", rows=[]).rows == 0
    assert len(read_export(tmp_path / f"x.{kind}")) == 0


def test_the_key_column_stands_beside_the_spelling(tmp_path: Path):
    member = space("nb101")
    made = BenchmarkTable.from_columns("nb101", member.sample(4, 0), {"x": [1, 2, 3, 4]})
    export(made, tmp_path / "x.csv")
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert [row["key"] for row in rows] == made.keys
    assert [row["architecture"] for row in rows] == made.spellings()
    assert same(read_export(tmp_path / "x.csv"), made)
    assert set(json.loads((tmp_path / "x.csv.json").read_text())["texts"]) == {"architecture", "key"}


def test_what_was_altered_is_refused(table: BenchmarkTable, tmp_path: Path):
    path = tmp_path / "x.csv"
    export(table, path)
    text, facts = path.read_text(), json.loads((tmp_path / "x.csv.json").read_text())
    path.write_text(text.replace("0.1", "0.2"))
    with pytest.raises(DataError, match="altered since it was exported"):
        read_export(path)
    path.write_text(text)
    for wrong in ({"format": 9}, {"kind": "xml"}, {"metrics": [{"name": "x"}]}):
        (tmp_path / "x.csv.json").write_text(json.dumps({**facts, **wrong}))
        with pytest.raises(DataError, match=r"x\.csv"):
            read_export(path)
    (tmp_path / "x.csv.json").write_text("{")
    with pytest.raises(DataError, match=r"x\.csv\.json: cannot be read"):
        read_export(path)
    (tmp_path / "x.csv.json").unlink()
    with pytest.raises(DataError, match="no such file"):
        read_export(path)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"metrics": ["cifar10_zn"]}, UnknownName, "near are cifar10_zen"),
        ({"rows": [3]}, InvalidArgument, r"rows: expected integers in 0\.\.2"),
        ({"rows": [0.5]}, InvalidArgument, "rows: expected integers"),
        ({"path": "x.xlsx"}, InvalidArgument, r"x\.xlsx'.*ends in \.csv, \.parquet, \.jsonl"),
        ({"kind": "xml"}, InvalidArgument, "kind='xml': expected csv, parquet, jsonl"),
    ],
)
def test_wrong_arguments_write_nothing(
    table: BenchmarkTable, tmp_path: Path, options: dict[str, Any], error: type, words: str
):
    path = tmp_path / options.pop("path", "x.csv")
    with unchecked(), pytest.raises(error, match=words):
        export(table, path, **options)
    assert not list(tmp_path.iterdir())


def test_an_old_file_stays_until_the_new_one_is_whole(
    table: BenchmarkTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "x.jsonl"
    export(table, path)
    before = path.read_bytes()

    def breaks(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("archenc.tables.exporting.json.dumps", breaks)
        with pytest.raises(KeyboardInterrupt):
            export(table, path, rows=[0])
    assert path.read_bytes() == before
    assert same(read_export(path), table)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_damage_ends_in_our_own_errors(
    table: BenchmarkTable, tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
):
    path, beside = tmp_path / f"x.{kind}", tmp_path / f"x.{kind}.json"
    export(table, path)
    whole, facts = path.read_bytes(), json.loads(beside.read_text())
    assert fuzz(lambda _: read_export(path), beside, mutated_json(facts, 400)) > 100
    beside.write_text(json.dumps(facts))
    monkeypatch.setattr("archenc.tables.exporting.file_sha256", lambda _: facts["sha256"])  # found no damage
    rng = random.Random(0)
    assert fuzz(lambda _: read_export(path), path, (mutate_bytes(whole, rng) for _ in range(400))) > 50
