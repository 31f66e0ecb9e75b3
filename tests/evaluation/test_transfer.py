"""Transfers: sources kept by trial, few labels and none, killed and resumed to the same values."""

import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from archenc.errors import IncompatibleModel, InvalidArgument, UnknownName
from archenc.evaluation import transfers
from archenc.evaluation.comparison import compare
from archenc.evaluation.fingerprint import fingerprint
from archenc.evaluation.method import GRAPH, Method
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.run import evaluate
from archenc.evaluation.task import Task
from archenc.evaluation.transfer import FineTuned, Sources, Start, train_sources, transfer
from archenc.evaluation.transfers import _transfer as read
from archenc.evaluation.transfers import find, run_transfer
from archenc.pipelines.by_name import assemble
from archenc.predictors.transfer import fine_tune
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

HERE = Path(__file__).parent
SMALL = "flan:timesteps=1:layers=1:epochs=1"
TINY = {
    "title": "A tiny one",
    "predictor": SMALL,
    "seed": 3,
    "source": {"space": "transnasbench101", "metric": "x_acc", "size": 12, "epochs": 2, "batch_size": 8},
    "target": {"space": "nasbench201", "metric": "x_acc"},
    "parts": [{"sizes": [0, 1, 4], "trials": 3}, {"sizes": [8], "trials": 2}],
    "methods": [
        {"name": "ours", "epochs": 1},
        {"name": "theirs", "epochs": 1, "stop": False, "mapping": "tiled"},
    ],
    "published": {"scratch": ["flan/nb201/flan-8"], "ours": ["flan/transfer/nb101-nb201-few"]},
}

A_RUN = """
import sys
sys.path.insert(0, {tests!r})
from evaluation.test_transfer import TINY, tables
from archenc.evaluation.transfers import _transfer, run_transfer

if __name__ == "__main__":
    run_transfer(_transfer("tiny", TINY), tables(), {out!r}, metrics=("kendall_tau",))
"""


def tables() -> dict[str, BenchmarkTable]:
    made = {}
    for name in ("transnasbench101", "nasbench201"):
        home = space(name)
        archs = list({home.key(arch): arch for arch in home.sample(90, 0)}.values())[:60]
        labels = [home.format(arch).count("3") + 0.01 * place for place, arch in enumerate(archs)]
        metrics = [Metric("x_acc", "x", "accuracy", direction="max")]
        made[name] = BenchmarkTable.from_columns(name, archs, {"x_acc": np.array(labels)}, metrics)
    return made


@pytest.fixture(scope="module")
def known() -> dict[str, BenchmarkTable]:
    return tables()


@pytest.fixture(scope="module")
def sources(known) -> Sources:
    start = Start(assemble(SMALL), Task.from_table(known["transnasbench101"], "x_acc"), 12)
    protocol = Protocol(sizes=(12,), seed=4)
    return train_sources(start, {trial: protocol.seed_of(trial) for trial in range(2)}, protocol)[0]


def values(found) -> list[tuple]:
    return [(row["encoding"], row["n_train"], row["trial"], row["value"]) for row in found.trials]


# --- what is run -------------------------------------------------------------------------------------------


def test_a_transfer_has_every_budget_and_resumes(known, tmp_path):
    this = read("tiny", TINY)
    found = run_transfer(this, known, tmp_path, metrics=("kendall_tau",))
    ran = [(row["encoding"], row["n_train"], row["n_trials"], row["n_test"]) for row in found.rows]
    way = "ours from transnasbench101"
    assert ran[:2] == [("graph", 4, 3, 56), ("graph", 8, 2, 52)]
    assert [one for one in ran if one[0] == way] == [
        (way, 0, 3, 60),
        (way, 1, 3, 59),
        (way, 4, 3, 56),
        (way, 8, 2, 52),
    ]
    published = {(row["encoding"], row["n_train"]): row["published"] for row in found.rows}
    assert (published["graph", 8], published[way, 1]) == (0.510, 0.410)
    assert found.rows[0]["command"] == "archenc transfer tiny"
    assert len(found.sources) == 3
    assert any("12 labels of the source" in line for line in found.notes())
    assert len(compare(found.trials, (SMALL, way), (SMALL, GRAPH))) == 2  # paired, seeds and tests alike
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = run_transfer(this, known, tmp_path, metrics=("kendall_tau",))
    assert values(again) == values(found)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_one_label_says_what_none_says(known, tmp_path):
    found = run_transfer(read("tiny", TINY), known, tmp_path, trials=1, metrics=("kendall_tau",))
    zero, one = (
        next(row for row in found.trials if row["encoding"].startswith("ours") and row["n_train"] == n)
        for n in (0, 1)
    )
    assert one["value"] == pytest.approx(zero["value"], abs=0.05)  # one architecture fewer is tested


def test_a_killed_run_ends_with_the_same_values(known, tmp_path):
    whole = run_transfer(read("tiny", TINY), known, tmp_path / "whole", metrics=("kendall_tau",))
    out = tmp_path / "killed"
    script = tmp_path / "run.py"
    script.write_text(A_RUN.format(tests=str(HERE.parent), out=str(out)))
    for wanted in (2, 9):  # within the sources, within the trials
        process = subprocess.Popen([sys.executable, str(script)])
        done = 0
        while process.poll() is None and done < wanted:
            time.sleep(0.01)
            done = sum(f.read_bytes().count(b"\n") for f in out.glob("*.jsonl"))
        process.kill()
        process.wait()
    resumed = run_transfer(read("tiny", TINY), known, out, metrics=("kendall_tau",))
    assert values(resumed) == values(whole)


def test_sources_are_kept_and_loaded(known, tmp_path):
    start = Start(assemble(SMALL), Task.from_table(known["transnasbench101"], "x_acc"), 12)
    protocol = Protocol(sizes=(12,), seed=4)
    once, records = train_sources(start, {0: 5, 1: 6}, protocol, out=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    again, same = train_sources(start, {0: 5, 1: 6}, protocol, out=tmp_path)
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    assert (once.key, records) == (again.key, same)
    archs = space("tnb101").sample(9, 0)
    np.testing.assert_array_equal(once[6].predict(archs), again[6].predict(archs))
    assert not np.array_equal(once[5].predict(archs), once[6].predict(archs))
    other, _ = train_sources(Start(assemble(SMALL), start.task, 13), {0: 5}, protocol, out=tmp_path)
    assert other.key != once.key
    damaged = next(iter(files))
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.raises(IncompatibleModel):
        train_sources(start, {0: 5, 1: 6}, protocol, out=tmp_path)


def test_scratch_is_an_evaluation_like_any_other(known, sources):
    task = Task.from_table(known["nasbench201"], "x_acc")
    method = Method(SMALL, GRAPH, assemble(SMALL))
    protocol = Protocol(sizes=(0, 4), trials=2, seed=4, few=True)
    rows = transfer(method, {}, task, protocol, sources=sources, metrics=("kendall_tau",))
    alone = evaluate(method, task, Protocol(sizes=(4,), trials=2, seed=4), metrics=("kendall_tau",)).trials
    assert [row["value"] for row in rows] == [row["value"] for row in alone]


# --- the estimator -----------------------------------------------------------------------------------------


def test_the_estimator_is_fine_tune(sources):
    archs = space("nb201").sample(20, 0)
    y = np.arange(20.0)
    seed = next(iter(vars(sources)["_models"]))
    ours = FineTuned(sources, "nasbench201", epochs=1, seed=seed).fit(archs[:6], y[:6]).predict(archs)
    theirs = fine_tune(sources[seed], archs[:6], y[:6], epochs=1, seed=seed).predict(archs)
    np.testing.assert_array_equal(ours, theirs)


def test_sources_are_shared_and_known_by_their_key(sources):
    estimator = FineTuned(sources, "nasbench201")
    assert clone(estimator).sources is sources
    assert deepcopy(sources) is sources
    assert fingerprint(sources) == fingerprint(Sources(sources.key, {}))
    assert fingerprint(sources) != fingerprint(Sources("other", vars(sources)["_models"]))
    with pytest.raises(InvalidArgument, match="seed=1: there is no source"):
        sources[1]


def test_few_is_asked_for():
    with pytest.raises(InvalidArgument, match="at least 2"):
        Protocol(sizes=(0, 4))
    with pytest.raises(InvalidArgument, match="at least 0"):
        Protocol(sizes=(-1, 4), few=True)
    few = Protocol(sizes=(0, 1), few=True)
    assert few.split_key() == Protocol(sizes=(4,)).split_key()  # so that a journal goes on
    splits = few.splits(10, 0)
    assert (len(splits[0].train), len(splits[0].test), len(splits[1].test)) == (0, 10, 9)


# --- the packaged ones -------------------------------------------------------------------------------------


def test_the_pairs_of_the_issue_are_there():
    pairs = {(one.source.space, one.target.space) for one in transfers.transfers().values()}
    assert pairs >= {
        ("nasbench101", "nasbench201"),
        ("nasbench201", "nasbench101"),
        ("nasbench101", "nasbench301"),
        ("nasbench201", "transnasbench101"),
        ("transnasbench101", "transnasbench101"),
    }
    with pytest.raises(UnknownName, match="did you mean nb101-nb201"):
        find("nb101-nb20")


@pytest.mark.parametrize("name", transfers.transfers())
def test_every_transfer_names_what_exists(name: str):
    this = find(name)
    assert [size for sizes, _ in this.parts for size in sizes] == [0, 1, 4, 8, 16, 32, 64, 128, 256, 512]
    assert (this.source.size, this.source.epochs) == (512, 150)
    assert set(this.published) <= {"scratch", *this.ways}
    assert this.compared() or this.predictor != "flan:timesteps=1"
    assert assemble(this.predictor, epochs=this.source.epochs, batch_size=this.source.batch_size) is not None
    for options in this.ways.values():
        FineTuned(Sources("", {}), this.target.space, **options)
    for side in (this.source, this.target):
        assert space(side.space).name == side.space
