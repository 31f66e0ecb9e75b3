"""The public files of NAS-Bench-101: made up in small, and the real ones."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tables.fuzz import bring_in, fuzz, mutate_bytes, mutate_json, mutated_json

from archenc.errors import DataError, MissingScore
from archenc.evaluation import Task
from archenc.spaces import nb101_cells, space, tagates_subset
from archenc.spaces.nasbench101 import from_spec
from archenc.suite_zero import PROXIES
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark, importer
from archenc.tables.importers.nasbench101 import BENCHMARK
from archenc.tables.importers.nasbench101.cells import spell
from archenc.tables.importing import Listing
from archenc.tables.rows import Rows
from archenc.testing.unchecked import unchecked

NB101 = space("nb101")
ELEVEN = [proxy for proxy in PROXIES if proxy not in ("zen", "nwot")]
CELLS = [NB101.format(from_spec(nb101_cells.spec_at(index))) for index in range(0, 423_624, 21_000)]
KEYS = [NB101.key(NB101.parse(cell)) for cell in CELLS]
TWINS = ["1100-010-01-1|c3,c1,mp", "1100-001-10-1|c1,c3,mp"]  # one cell, numbered in two ways
LISTING = Listing([*CELLS, TWINS[0]], [*KEYS, NB101.key(NB101.parse(TWINS[0]))])


def columns(n: int) -> dict[str, list[Any]]:
    """The layout of data-20k.json, with numbers of our own."""
    numbers = {
        f"{e}_final_validation_accuracy": [(i + 1) / (e + 30) for i in range(n)] for e in (4, 12, 36, 108)
    }
    numbers |= {"final_training_time": [i + 0.5 for i in range(n)]}
    return {**numbers, "trainable_parameters": [100 + i for i in range(n)], "key": KEYS[:n]}


def with_graphs(n: int) -> dict[str, list[Any]]:
    """The layout of data-1k.json: the graphs in numbers, padded to seven nodes."""
    graphs = [json.loads(NB101.format(NB101.parse(cell), "codes")) for cell in CELLS[:n]]
    lists = {name: [graph[name] for graph in graphs] for name in ("operations", "adjacency")}
    return {**columns(n), **lists, "embedding": [[0.0, 1.0]] * n}


def scores(spellings: list[str]) -> dict[str, Any]:
    """The layout of zc_nasbench101.json."""
    rows = {
        NB101.format(NB101.parse(cell), "naslib"): {
            "val_accuracy": 90.0 + number,
            **{proxy: number + place / 8 for place, proxy in enumerate(ELEVEN)},
        }
        for number, cell in enumerate(spellings)
    }
    return {"nasbench101": {"cifar10": rows}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    base = tmp_path / "public" / "nb101"
    base.mkdir(parents=True)
    (base / "data-20k.json").write_text(json.dumps(columns(12)))
    (base / "data-1k.json").write_text(json.dumps(with_graphs(5)))
    (base / "zc_nasbench101.json").write_text(json.dumps(scores([CELLS[3], *TWINS])))
    (base / "nb101_hash_train.txt").write_bytes(pickle.dumps(KEYS[:4], protocol=2))
    (base / "nb101_hash.txt").write_bytes(pickle.dumps(KEYS[4:7], protocol=2))
    return base


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Rows for a few cells only; the real table has its own test."""
    if "real" not in request.fixturenames:
        few = replace(BENCHMARK, listing=lambda _: LISTING)
        monkeypatch.setattr(importer, "benchmark", lambda _: few)


def bring(folder: Path, home: Path) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("nb101", folder, home=home, verify=False)
    return report, BenchmarkTable.open(report.table)


def test_every_file_becomes_its_columns(folder: Path, tmp_path: Path):
    report, table = bring(folder, tmp_path)
    assert (len(table), table.keys) == (len(CELLS) + 1, LISTING.keys)
    assert (report.conflicts, len(report.comparisons)) == ([], 7)
    for epochs in (4, 12, 36, 108):
        values = table.values(f"cifar10_val_accuracy_{epochs}ep")
        np.testing.assert_array_equal(values[:12], [(i + 1) / (epochs + 30) for i in range(12)])
        assert np.isnan(values[12:]).all()
        metric = table.resolve(f"cifar10_val_accuracy_{epochs}ep")
        assert (metric.split, metric.epochs, metric.unit, metric.runs) == ("val", epochs, "fraction", "one")
    assert table.values("cifar10_params")[11] == 111
    assert table.values("cifar10_training_seconds_108ep")[11] == 11.5
    np.testing.assert_array_equal(table.values("tagates_split")[:8], [0, 0, 0, 0, 1, 1, 1, np.nan])


def test_isomorphic_graphs_of_the_score_file_become_their_mean(folder: Path, tmp_path: Path):
    _, table = bring(folder, tmp_path)
    (row,) = table.rows([TWINS[1]])
    assert row == len(CELLS)
    at = [3, row]
    assert table.values("cifar10_val_accuracy_108ep_scored", at).tolist() == [90, 91.5]
    assert table.values("cifar10_zc32_repeats", at).tolist() == [1, 2]
    for place, proxy in enumerate(ELEVEN):
        assert table.values(f"cifar10_zc32_{proxy}", at).tolist() == [place / 8, 1.5 + place / 8]
        assert "mean over the isomorphic graphs" in table.resolve(f"cifar10_zc32_{proxy}").note
    assert np.isnan(table.values("cifar10_params", [row]))[0], "isomorphic graphs may differ in parameters"


def test_a_graph_that_is_not_the_one_of_its_hash(folder: Path, tmp_path: Path):
    content = with_graphs(5)
    content["adjacency"][3], content["adjacency"][4] = content["adjacency"][4], content["adjacency"][3]
    content["operations"][3], content["operations"][4] = content["operations"][4], content["operations"][3]
    (folder / "data-1k.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"data-1k\.json, row 3: its two spellings are of different"):
        bring(folder, tmp_path)


def test_the_two_lists_of_the_split_contradict_where_they_overlap(folder: Path, tmp_path: Path):
    (folder / "nb101_hash.txt").write_bytes(pickle.dumps(KEYS[3:7], protocol=2))
    report, _ = bring(folder, tmp_path)
    assert [conflict.architecture for conflict in report.conflicts] == [CELLS[3]]


def change(name: str, **entries: Any) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**content, **entries}))

    return apply


@pytest.mark.parametrize(
    ("breaks", "message"),
    [
        (change("data-20k.json", key=["0" * 32] * 12), "row 0: '000.*' is the key of no row"),
        (change("data-20k.json", key=[KEYS[0]] * 12), "occurs more than once"),
        (change("data-20k.json", key=KEYS[:11]), "does not have one value for each of 11 rows"),
        (change("data-20k.json", key=7), "int instead of a list of architectures"),
        (change("data-20k.json", trainable_parameters=["x"] * 12), r"data-20k\.json: cannot be read"),
        (change("data-20k.json", trainable_parameters=[10**400] * 12), r"data-20k\.json: cannot be read"),
        (lambda folder: (folder / "data-20k.json").write_text('{"key": []}'), "no column '4_final"),
        (lambda folder: (folder / "data-20k.json").write_text("[1, 2]"), "list instead of a dictionary"),
        (
            lambda folder: (folder / "zc_nasbench101.json").write_text('{"nb": {}}'),
            "not of the expected layout",
        ),
        (
            lambda folder: (folder / "zc_nasbench101.json").write_text(json.dumps(scores(["11-1|c3"]))),
            r"zc_nasbench101\.json, row 0: [0-9a-f]{32} has no row",
        ),
        (
            lambda folder: (folder / "nb101_hash.txt").write_bytes(pickle.dumps([KEYS[0], 7], protocol=2)),
            r"nb101_hash\.txt",
        ),
        (
            lambda folder: (folder / "nb101_hash.txt").write_bytes(b"cos\nsystem\n(S'x'\ntR."),
            r"nb101_hash\.txt",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_file(
    folder: Path, tmp_path: Path, breaks: Callable[[Path], None], message: str
):
    breaks(folder)
    with unchecked(), pytest.raises(DataError, match=message):
        bring(folder, tmp_path)


def test_importing_again_gives_the_same_bytes(folder: Path, tmp_path: Path):
    first = bring(folder, tmp_path / "1")[0].table.read_bytes()
    assert bring(folder, tmp_path / "2")[0].table.read_bytes() == first


def test_cells_are_spelt_and_hashed_as_the_space_does():
    rng = np.random.default_rng(0)
    chunks = nb101_cells.enumerate_arrays(chunk=50)
    parts = [next(chunks) for _ in range(12)]
    index, spelt, hashed = 0, [], []
    for part in parts:
        spelt += spell(part)
        hashed += [row.tobytes().hex() for row in part.hashes]
    for index in [0, 1, *rng.choice(len(spelt), size=100).tolist()]:
        arch = from_spec(nb101_cells.spec_at(index))
        assert (spelt[index], hashed[index]) == (NB101.format(arch), NB101.key(arch))


# --- 10,000 mutated inputs, in the formats of all files


def rows() -> Rows:
    return ROWS


ROWS = Rows(NB101, LISTING)
SOURCES = {source.file.removeprefix("nb101/"): bring_in(source, rows) for source in BENCHMARK.sources}


HOW_MANY = pytest.mark.parametrize("n", [150, pytest.param(2500, marks=pytest.mark.slow)])


@HOW_MANY
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data-20k.json", columns(2)),
        ("data-1k.json", with_graphs(2)),
        ("zc_nasbench101.json", scores([CELLS[1], *TWINS])),
    ],
)
def test_mutated_tables_are_refused_or_read(tmp_path: Path, name: str, value: Any, n: int):
    (tmp_path / "whole").write_text(json.dumps(value))
    SOURCES[name](tmp_path / "whole")
    refused = fuzz(SOURCES[name], tmp_path / name, mutated_json(value, n))
    assert n / 3 < refused < n


@HOW_MANY
def test_mutated_lists_are_refused_or_read(tmp_path: Path, n: int):
    name = "nb101_hash.txt"

    def contents() -> Iterator[bytes]:
        rng = random.Random(0)
        for number in range(n):
            protocol = rng.choice((0, 2, 4))
            keys = mutate_json(KEYS[:3], rng) if number % 3 else KEYS[:3]
            whole = pickle.dumps(keys, protocol=protocol)
            yield whole if number % 3 == 1 else mutate_bytes(whole, rng)

    refused = fuzz(SOURCES[name], tmp_path / name, contents())
    assert n / 3 < refused < n


# --- the real files


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkTable:
    report = import_benchmark("nb101", shared_data, home=tmp_path_factory.mktemp("home"))
    assert report.conflicts == []
    assert report.rows == 423_624
    assert {comparison.rows for comparison in report.comparisons} == {1000, 0}
    return BenchmarkTable.open(report.table)


def test_what_the_real_table_holds(real: BenchmarkTable):
    counts = {name: len(real) - sum(real.missing(name).values()) for name in real.metrics}
    assert {count for name, count in counts.items() if "ep" in name and "scored" not in name} == {20_001, 292}
    assert counts["cifar10_params"] == 20_001
    assert {counts[f"cifar10_zc32_{proxy}"] for proxy in ELEVEN} == {292}
    best = real.values("cifar10_val_accuracy_108ep")
    assert np.nanmax(best) == pytest.approx(0.9491, abs=5e-5)
    assert real.values("cifar10_zc32_repeats")[~np.isnan(real.values("cifar10_zc32_repeats"))].sum() == 500
    both = ["cifar10_val_accuracy_108ep", "cifar10_val_accuracy_108ep_scored"]
    assert len(real.select(both)) == 17
    split = real.values("tagates_split")
    assert [(split == part).sum() for part in (0, 1)] == [7290, 7290]
    labelled = ~np.isnan(best)
    assert [((split == part) & labelled).sum() for part in (0, 1)] == [369, 337]


def test_the_split_is_that_of_the_generator(real: BenchmarkTable):
    part = real.values("tagates_split")
    assert sorted(real.rows(tagates_subset.keys("train"))) == np.flatnonzero(part == 0).tolist()
    assert sorted(real.rows(tagates_subset.keys("test"))) == np.flatnonzero(part == 1).tolist()


def test_rows_are_those_of_the_space_in_its_order(real: BenchmarkTable):
    indices = [0, 1, 423_623, *np.random.default_rng(0).choice(423_624, size=300).tolist()]
    archs = [from_spec(nb101_cells.spec_at(index)) for index in indices]
    assert real.rows(archs).tolist() == indices
    assert real.architectures(indices) == archs
    assert real.rows([NB101.key(arch) for arch in archs]).tolist() == indices
    assert len(set(real.keys)) == 423_624
    with pytest.raises(MissingScore):
        BenchmarkTable.from_columns("nb101", CELLS[:2], {"a": [1.0, 2.0]}).rows([TWINS[0]])


def test_a_task_parses_its_pool_only(real: BenchmarkTable):
    table = BenchmarkTable.open(real._content.where)
    task = Task.from_table(table, "cifar10_val_accuracy_108ep_scored")
    assert len(task) == 292
    assert len(table._architectures) == 292
    assert task.n_rows == 423_624
    assert [NB101.format(arch) for arch in task.X] == list(task.keys)
