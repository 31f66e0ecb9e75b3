"""Studies: paired seeds, a journal, and a killed run that ends as an undisturbed one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from archenc.cli.app import app
from archenc.errors import DataError, InvalidArgument, UnknownName
from archenc.search import simulation
from archenc.search.simulation import Method, simulate
from archenc.search.studies import studies, study
from archenc.search.study import Task, run_study
from archenc.search.study_results import CROSSING, HIT, comparison_rows, result_rows
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric
from archenc.testing.unchecked import unchecked

NB201 = space("nasbench201")
METHODS = [Method("local"), Method("evolution"), Method("gaussian_process"), Method("random")]


@pytest.fixture(scope="module")
def table() -> BenchmarkTable:
    archs = list({NB201.format(arch): arch for arch in NB201.sample(300, 1)}.values())
    codes = np.array([NB201.code(arch) for arch in archs])
    values = 60 + (codes == 3).sum(axis=1) * 5.0 + (codes[:, 0] == 2) + 0.01 * np.arange(len(archs))
    gaps = np.where(np.arange(len(archs)) < 20, np.nan, values)
    columns = {"gain": values, "gaps": gaps, "score": values + 1, "constant": np.ones(len(archs))}
    metrics = [Metric(name, "x", name, direction="max") for name in columns]
    return BenchmarkTable.from_columns("nasbench201", archs, columns, metrics)


def histories(found):
    return {method.names: [run.numbers for run in runs] for method, runs in found.runs.items()}


def test_seeds_are_paired_and_runs_repeat(table, tmp_path):
    found = run_study(Task(table, "gain"), METHODS, budget=30, seeds=3)
    assert histories(found) == histories(run_study(Task(table, "gain"), METHODS, budget=30, seeds=3))
    local, evolution, *_ = histories(found).values()
    assert [run[:10] for run in local] == [run[:10] for run in evolution]
    assert all(len(set(run)) == 30 for runs in histories(found).values() for run in runs)


def test_a_finished_run_is_read_and_more_seeds_are_added(table, tmp_path):
    run_study(Task(table, "gain"), METHODS[:2], budget=20, seeds=2, out=tmp_path, together=1)
    found = run_study(Task(table, "gain"), METHODS[:2], budget=20, seeds=3, out=tmp_path, together=1)
    assert found.resumed == 4
    assert histories(found) == histories(run_study(Task(table, "gain"), METHODS[:2], budget=20, seeds=3))


def test_processes_change_nothing(table, tmp_path):
    here = run_study(Task(table, "gain"), METHODS[:3:2], budget=15, seeds=2)
    there = run_study(Task(table, "gain"), METHODS[:3:2], budget=15, seeds=2, jobs=2, out=tmp_path)
    assert histories(here) == histories(there)


@pytest.mark.parametrize("method", METHODS[:3], ids=lambda method: method.algorithm)
def test_a_killed_run_goes_on_to_the_same_histories(table, tmp_path, method):
    class Killed(BaseException):
        pass

    def kill(evaluations, best):
        if evaluations >= 30:
            raise Killed

    problem, snapshot = Task(table, "gain").problem(25), tmp_path / "under_way.json"
    with pytest.raises(Killed):
        simulate(problem, method.begin(), [0, 1], snapshot, on_round=kill, every=0.0)
    assert snapshot.exists()
    later = [run.numbers for run in simulate(problem, method.begin(), [0, 1], snapshot)]
    whole = [run.numbers for run in simulate(problem, method.begin(), [0, 1])]
    assert later == whole
    assert not snapshot.exists()


def test_a_damaged_or_foreign_snapshot_is_refused(table, tmp_path):
    problem, snapshot = Task(table, "gain").problem(25), tmp_path / "under_way.json"
    snapshot.write_text("{")
    with pytest.raises(DataError, match="damaged"):
        simulate(problem, METHODS[0].begin(), [0], snapshot)
    snapshot.write_text(json.dumps({"seeds": [7], "states": [], "seconds": 0}))
    with pytest.raises(DataError, match="of the seeds"):
        simulate(problem, METHODS[0].begin(), [0], snapshot)


def test_results_name_both_measures(table):
    found = run_study(Task(table, "gain"), METHODS, budget=40, seeds=6)
    rows = result_rows(found, experiment="e", space="s", task="gain", seed=0)
    by = {(row["method"], row["metric"]): row for row in rows}
    assert {HIT, CROSSING, "regret_at_32", "regret_at_40"} <= {metric for _, metric in by}
    hit = by["gaussian_process", HIT]
    assert hit["ci_low"] <= hit["median"] <= hit["ci_high"]
    assert hit["median"] < by["random", HIT]["median"]
    assert by["gaussian_process", "regret_at_40"]["mean"] >= 0
    assert [row["second"] for row in comparison_rows(found)] == [
        "evolution · default",
        "gaussian_process · default",
        "random · default",
    ]


def test_a_pool_with_gaps_has_no_missing_value(table):
    problem = Task(table, "gaps").problem(10)
    assert len(problem.domain) == len(table) - 20
    assert not np.isnan(problem.values).any()
    merged = Task(table, "gain", "canonical").problem(10)
    assert len(merged.domain) == len({arch.id() for arch in table.architectures()})


@unchecked()
def test_what_cannot_work_is_refused_before_anything_runs(table, tmp_path):
    for metric, more, why in [
        ("constant", {}, "nothing to search"),
        ("gain", {"methods": []}, "methods=\\[\\]: expected one"),
        ("gain", {"methods": [Method("local"), Method("local")]}, "its own names"),
        ("gain", {"methods": [Method("local", "path")]}, "'local' has no encoder"),
        ("gain", {"methods": [Method("bananas", "zero_cost")]}, "takes scores"),
        ("gain", {"seeds": 0}, "seeds=0"),
        ("gain", {"budget": 0}, "budget=0"),
    ]:
        options = {"methods": METHODS[:1], "budget": 5, "seeds": 1, **more}
        with pytest.raises(InvalidArgument, match=why):
            run_study(Task(table, metric), out=tmp_path / "none", **options)
    with pytest.raises(UnknownName, match="known: bananas"):
        run_study(Task(table, "gain"), [Method("hill")], budget=5, seeds=1)
    assert not (tmp_path / "none").exists()


def test_scores_serve_as_an_encoding(table):
    task = Task(table, "gain", scores="score")
    found = run_study(task, [Method("gaussian_process", "zero_cost")], budget=16, seeds=2)
    assert found.curves(found.methods[0])[:, -1].max() == found.problem.values.max()


def test_every_packaged_study_names_methods_that_exist():
    for this in studies().values():
        assert this.title
        for method in this.methods:
            scored = any("zero_cost" in text for text in method.encodings)
            assert this.scores or not scored
            assert callable(method.begin({"a": [0.0]} if scored else None))
    with pytest.raises(UnknownName, match="known: nb201-cifar10"):
        study("nb2001")


def command(*arguments: object):
    return CliRunner().invoke(app, ["search", *map(str, arguments), "--no-progress"])


def test_the_command_prints_writes_and_resumes(table, tmp_path):
    path = tmp_path / "t.parquet"
    table.save(path)
    arguments = ("--space", path, "--metric", "gain", "--budget", 12, "--seeds", 2, "--out", tmp_path / "o")
    first = command(*arguments, "--algorithm", "gaussian_process,local", "--encoder", "path")
    assert first.exit_code == 0, first.output
    assert "evaluations_to_1pct" in first.output
    rows = list(csv.DictReader((tmp_path / "o" / "results.csv").read_text().splitlines()))
    assert {(row["method"], row["encoding"]) for row in rows} == {
        ("gaussian_process", "path"),
        ("local", "default"),
    }
    curves = list(csv.DictReader((tmp_path / "o" / "curves.csv").read_text().splitlines()))
    assert len(curves) == 2 * 12
    again = command(*arguments, "--algorithm", "gaussian_process,local", "--encoder", "path")
    assert "4 searches were known" in again.output


@unchecked()
def test_the_command_refuses_in_one_line(table, tmp_path):
    path = tmp_path / "t.parquet"
    table.save(path)
    known = ("--space", path, "--metric", "gain", "--out", tmp_path / "o", "--budget", 5, "--seeds", 1)
    for arguments, why in [
        (("--metric", "gain"), "--space: needed"),
        ((*known, "--algorithm", "hill"), "no 'hill'"),
        ((*known, "--algorithm", "local", "--encoder", "path"), "none of local reads an encoder"),
        ((*known, "--identity", "name"), "identity='name'; legal: canonical, key"),
        (("--study", "nothing"), "studies: no 'nothing'"),
    ]:
        result = command(*arguments)
        assert result.exit_code == 2, result.output
        assert why in result.stderr
        assert "Traceback" not in result.output
    assert not Path(tmp_path / "o").exists()
    assert command("--study", "list").exit_code == 0


def test_snapshots_are_not_written_more_often_than_needed():
    assert simulation.SNAPSHOT_SECONDS >= 1
