"""The official distribution of NAS-Bench-101, in files that we write in its format."""

from __future__ import annotations

import base64
import json
import math
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tables.fuzz import bring_in, fuzz, mutate_bytes, mutate_json

from archenc.errors import DataError, InvalidArchitecture
from archenc.spaces import space
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark, importer
from archenc.tables.importers.nasbench101 import BENCHMARK, official
from archenc.tables.importers.nasbench101.graphs import hashes
from archenc.tables.importers.nasbench101.model_metrics import decode
from archenc.tables.importing import Listing
from archenc.tables.rows import Rows
from archenc.testing.unchecked import unchecked

from .nb101_official import evaluation, field, framed, message, record, value, varint, write_tfrecord

NB101 = space("nb101")
CELLS = ["1|", "11-1|c3", "1100-010-01-1|c3,c1,mp", "101010-10000-1000-100-10-1|c3,c3,c1,mp,c3"]
TWIN = "1100-001-10-1|c1,c3,mp"
DEAD = "110-00-1|c1,c3"
LISTING = Listing(CELLS, [NB101.key(NB101.parse(cell)) for cell in CELLS])
BUDGETS = (4, 12, 36, 108)
QUANTITIES = {"train_accuracy": 1, "val_accuracy": 2, "test_accuracy": 3, "training_seconds": 0}


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(BENCHMARK, listing=lambda _: LISTING)
    monkeypatch.setattr(importer, "benchmark", lambda _: few)


def records(budgets: tuple[int, ...] = BUDGETS) -> Iterator[bytes]:
    for run, (number, cell), epochs in product(range(3), enumerate(CELLS), budgets):
        yield record(number, cell, epochs, run)


def bring(folder: Path) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("nb101", folder, home=folder, verify=False)
    return report, BenchmarkTable.open(report.table)


def refused(folder: Path, contents: list[bytes], message: str) -> None:
    write_tfrecord(folder / "nb101/nasbench_only108.tfrecord", contents)
    with unchecked(), pytest.raises(DataError, match=rf"only108\.tfrecord:? ?{message}"):
        bring(folder)


def test_every_training_is_where_it_belongs(tmp_path: Path):
    write_tfrecord(tmp_path / "nb101/nasbench_full.tfrecord", records())
    report, table = bring(tmp_path)
    assert report.conflicts == []
    assert len(table.metrics) == 4 * 4 * 2 * 4 + 1
    for epochs, (name, k), (half, point) in product(BUDGETS, QUANTITIES.items(), (("", 1), ("halfway_", 0))):
        expected = np.array(
            [[value(n, epochs, run, point, k) for run in range(3)] for n in range(len(CELLS))]
        )
        for run in range(3):
            column = table.values(f"cifar10_{name}_{epochs}ep_{half}run{run + 1}")
            np.testing.assert_array_equal(column, expected[:, run])
        mean = table.values(f"cifar10_{name}_{epochs}ep_{half}mean")
        np.testing.assert_allclose(mean, expected.mean(axis=1), rtol=1e-15)
    assert table.values("cifar10_params").tolist() == [1000, 1001, 1002, 1003]


def test_what_the_columns_mean(tmp_path: Path):
    write_tfrecord(tmp_path / "nb101/nasbench_full.tfrecord", records())
    _, table = bring(tmp_path)
    mean = table.resolve("cifar10_test_accuracy_108ep_mean")
    assert (mean.split, mean.epochs, mean.unit, mean.direction, mean.runs) == (
        "test",
        108,
        "fraction",
        "max",
        "mean of 3",
    )
    half = table.resolve("cifar10_training_seconds_36ep_halfway_run2")
    assert (half.split, half.epochs, half.unit, half.direction, half.runs) == (None, 18, "s", "min", "one")
    assert "half way through the schedule of 36 epochs" in half.note


def test_the_smaller_file_agrees_with_the_larger_one_and_brings_108_epochs_only(tmp_path: Path):
    write_tfrecord(tmp_path / "nb101/nasbench_only108.tfrecord", records((108,)))
    report, table = bring(tmp_path)
    assert len(table.metrics) == 33
    assert report.absent["cifar10_val_accuracy_4ep_mean"] == "nb101/nasbench_full.tfrecord"
    write_tfrecord(tmp_path / "nb101/nasbench_full.tfrecord", records())
    report, _ = bring(tmp_path)
    assert (len(report.comparisons), report.conflicts) == (33, [])


def test_a_numbering_of_their_own_finds_the_row(tmp_path: Path):
    write_tfrecord(tmp_path / "nb101/nasbench_only108.tfrecord", [record(7, TWIN, 108, 0)])
    _, table = bring(tmp_path)
    assert table.select("cifar10_val_accuracy_108ep_run1").tolist() == [2]


def test_a_mean_of_fewer_than_three_trainings_is_missing(tmp_path: Path):
    contents = [record(0, CELLS[0], 108, 0), record(0, CELLS[0], 108, 1)]
    write_tfrecord(tmp_path / "nb101/nasbench_only108.tfrecord", contents)
    _, table = bring(tmp_path)
    runs = [table.values(f"cifar10_val_accuracy_108ep_run{run}")[0] for run in (1, 2, 3)]
    assert np.isnan(runs).tolist() == [False, False, True]
    assert np.isnan(table.values("cifar10_val_accuracy_108ep_mean")[0])


def test_more_cells_than_there_was_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(official, "_FIRST_CAPACITY", 1)
    test_every_training_is_where_it_belongs(tmp_path)


def altered(**entries: Any) -> bytes:
    """A record with other entries: key, epochs, adjacency, operations, metrics (bytes of the message)."""
    parts = json.loads(record(0, CELLS[1], 108, 0))
    for place, name in enumerate(("key", "epochs", "adjacency", "operations", "metrics")):
        if name in entries:
            given = entries[name]
            parts[place] = base64.b64encode(given).decode() if isinstance(given, bytes) else given
    return json.dumps(parts).encode()


def metrics(*epochs: float, accuracy: float = 0.5) -> bytes:
    return message([evaluation([epoch, 1.0, 0.5, accuracy, 0.5]) for epoch in epochs], 1000)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([altered(key="0" * 32)], "record 0 has the hash 0{32}, but [0-9a-f]{32} is that of its graph"),
        ([record(0, CELLS[0], 108, 0), altered(adjacency="011001001")], "the graph of a record is none"),
        ([altered(operations="input,conv5x5,output")], "the graph of a record is none: .*conv5x5"),
        ([altered(adjacency="0111")], "the graph of a record is none"),
        ([altered(adjacency="")], "the graph of a record is none"),
        ([record(0, CELLS[0], 108, 0), record(0, TWIN, 36, 0), record(0, CELLS[2], 36, 0)], "record 2 is of"),
        ([record(0, CELLS[0], 108, 0), record(0, CELLS[0], 108, 1, params=7)], "record 1 is of the cell"),
        ([record(0, CELLS[0], 108, run) for run in range(4)], "record 3 is training 4 of"),
        ([altered(epochs=50)], "record 0 .*50 epochs; expected one of 4, 12, 36, 108"),
        ([altered(epochs=True)], r"record 0 .*a record is not \[hash, epochs"),
        ([altered(epochs="108")], "record 0 "),
        ([altered(metrics="not base 64")], "record 0 "),
        ([altered(metrics=metrics(0, 54))], "record 0 "),
        ([altered(metrics=metrics(0, 54, 80, 108))], "record 0 "),
        ([altered(metrics=metrics(0, 108, 54))], "record 0 .*evaluated at epochs 108.0 and then 54.0"),
        ([altered(metrics=metrics(0, 54, 108, accuracy=1.5))], "accuracy 1.5 of a training is impossible"),
        ([altered(metrics=metrics(0, 54, 108, accuracy=math.inf))], "accuracy inf of a training"),
        ([altered(metrics=metrics(0, 54, 108)[:-12])], "record 0 "),
        ([altered(metrics=message([], 2**31))], "record 0 .*number of parameters"),
        ([b"[1, 2"], "record 0 is not of the expected layout"),
        ([b"\xff"], "record 0 is not of the expected layout"),
        ([b"[" * 100_000], "record 0 is not of the expected layout"),
        ([b'{"a": 1}'], "record 0 is not of the expected layout"),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_record(
    tmp_path: Path, contents: list[bytes], message: str
):
    refused(tmp_path, contents, message)


def test_a_file_without_a_length_of_training(tmp_path: Path):
    write_tfrecord(tmp_path / "nb101/nasbench_full.tfrecord", records((108,)))
    with pytest.raises(DataError, match=r"nasbench_full\.tfrecord: no column '36 final val mean'"):
        bring(tmp_path)
    write_tfrecord(tmp_path / "nb101/nasbench_full.tfrecord", [])
    with pytest.raises(DataError, match="no column"):
        bring(tmp_path)


def test_a_cell_without_a_row(tmp_path: Path):
    refused(tmp_path, [record(0, "10-1|mp", 108, 0)], ", row 0: '[0-9a-f]{32}' is the key of no row")


# --- the protocol buffer


def test_a_message_comes_back():
    points = [[0.0, 0.5, 0.1, 0.2, 0.3], [54.0, 10.0, 0.4, 0.5, 0.6]]
    found = decode(message([evaluation(points[0], b"model.ckpt-0"), evaluation(points[1])], 8_555_530))
    assert [list(each) for each in found.evaluations] == points
    assert found.params == 8_555_530


def test_fields_that_we_do_not_know_are_skipped():
    known = message([evaluation([1, 2, 3, 4, 5])], 7)
    unknown = field(15, 3) + field(16, b"text") + field(3000, 2.5) + varint(17 << 3 | 5) + b"1234"
    assert decode(unknown + known + unknown) == decode(known)
    inner = evaluation([1, 2, 3, 4, 5]) + field(9, 1)
    assert decode(message([inner], 7)) == decode(known)


def test_what_a_message_leaves_out_is_missing():
    found = decode(message([field(4, 0.25)], 7))
    assert np.isnan(found.evaluations[0]).tolist() == [True, True, True, False, True]
    assert found.evaluations[0].val == 0.25


@given(st.lists(st.floats(), min_size=5, max_size=5))
def test_the_fast_path_reads_what_the_slow_one_reads(values: list[float]):
    fast = decode(message([evaluation(values)], 7)).evaluations[0]
    slow = decode(message([evaluation(values) + field(7, 1)], 7)).evaluations[0]
    np.testing.assert_array_equal(np.array(fast), np.array(slow))
    np.testing.assert_array_equal(np.array(fast), np.array(values))


@pytest.mark.parametrize(
    "content",
    [
        b"\x80",
        b"\xff" * 11,
        varint(1 << 3 | 2) + varint(2**40),
        varint(1 << 3 | 3),
        varint(3 << 3 | 1) + b"123",
        varint(5 << 3 | 5) + b"12",
        b"",
        field(2, b"text"),
    ],
)
def test_a_broken_message(content: bytes):
    with pytest.raises(ValueError, match=r"message|field"):
        decode(content)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_value_error(content: bytes):
    with suppress(ValueError):
        assert decode(content).params >= 0


# --- the hashes


def matrix(cell: str) -> str:
    return NB101.format(NB101.parse(cell), "matrix")


def test_hashes_are_those_of_the_space_pruned_or_not():
    cells = [*CELLS, TWIN, DEAD, *(NB101.format(arch) for arch in NB101.sample(40, rng=0))]
    found = dict(hashes([matrix(cell) for cell in cells]))
    assert [found[place] for place in range(len(cells))] == [NB101.key(NB101.parse(cell)) for cell in cells]
    assert dict(hashes([])) == {}


@pytest.mark.parametrize(
    "spelling",
    [
        "0100|output,input",
        "0010|input,output",
        "0000|input,output",
        "01|input,output",
        "0200|input,output",
        "0100|input,input,output",
        "0100",
        "nonsense",
        "",
        "1|input",
        "0111111001111100111110001111000111000011000000000000|input,output",
        "0" + "1" * 48 + "|input" + ",conv3x3-bn-relu" * 5 + ",output",
    ],
)
def test_what_is_no_graph_has_no_hash(spelling: str):
    with pytest.raises(InvalidArchitecture):
        list(hashes([matrix(CELLS[2]), spelling]))


# --- 10,000 mutated inputs: of the file, of a record with honest checksums, of a message in an honest record

READ = bring_in(BENCHMARK.sources[1], lambda: ROWS)
ROWS = Rows(NB101, LISTING)
HONEST = [record(0, CELLS[1], 108, run) for run in range(2)]


def of_the_file(rng: random.Random) -> bytes:
    return mutate_bytes(b"".join(map(framed, HONEST)), rng)


def of_a_record(rng: random.Random) -> bytes:
    parts = mutate_json(json.loads(HONEST[1]), rng)
    return framed(HONEST[0]) + framed(json.dumps(parts).encode())


def of_the_text(rng: random.Random) -> bytes:
    return framed(HONEST[0]) + framed(mutate_bytes(HONEST[1], rng))


def of_a_message(rng: random.Random) -> bytes:
    return framed(altered(metrics=mutate_bytes(metrics(0, 54, 108), rng)))


def test_honest_records_are_read(tmp_path: Path):
    READ(write_tfrecord(tmp_path / "x", HONEST))


Mutate = Callable[[random.Random], bytes]
MUTATE: dict[Mutate, int] = {of_the_file: 4000, of_a_record: 2500, of_the_text: 2500, of_a_message: 1000}


@pytest.mark.parametrize("share", [0.05, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mutate", MUTATE)
def test_mutated_files_are_refused_or_read(tmp_path: Path, mutate: Mutate, share: float):
    rng, n = random.Random(0), int(share * MUTATE[mutate])
    count = fuzz(READ, tmp_path / "x", (mutate(rng) for _ in range(n)))
    assert n / 3 < count <= n
