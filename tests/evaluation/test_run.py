"""Runs: paired, journalled, resumable; killed or interrupted, they end with the same values."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import ArchencError, DataError, InvalidArgument
from archenc.evaluation.method import Method
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.results import TRIAL_COLUMNS, read_trials, results_table
from archenc.evaluation.run import evaluate

from .dummies import Dies, Noisy, Together, linear_task

PROTOCOL = Protocol(sizes=(5, 20), trials=3, seed=2)
HERE = Path(__file__).parent

A_RUN = """
import sys
sys.path.insert(0, {tests!r})
from evaluation.dummies import Noisy, Together, linear_task
from archenc.evaluation import Method, Protocol, evaluate, results_table, write_csv

if __name__ == "__main__":
    methods = [
        Method("one", "graph", Noisy(seconds=0.05)),
        Method("two", "graph", Noisy(noise=1.0, seconds=0.05)),
        Method("many", "graph", Together()),
    ]
    found = evaluate(
        methods, linear_task(), Protocol(sizes=(5, 20), trials=6), out={out!r}, jobs={jobs}, together=4
    )
    write_csv(results_table(found.trials), {out!r} + "/results.csv")
"""


def values(found) -> list[tuple]:
    return [
        (row["method"], row["n_train"], row["trial"], row["metric"], row["value"]) for row in found.trials
    ]


def script(tmp_path: Path, out: Path, jobs: int = 1) -> Path:
    file = tmp_path / f"run-{out.name}.py"
    file.write_text(A_RUN.format(tests=str(HERE.parent), out=str(out), jobs=jobs))
    return file


def gone(group: int) -> bool:
    """Whether every process of a group ends within some seconds."""
    for _ in range(500):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def lines(journal: Path) -> int:
    return journal.read_text().count("\n") if journal.exists() else 0


def test_rows_come_in_order_with_everything_a_reader_needs():
    found = evaluate(Noisy(), linear_task(space="s", name="t"), PROTOCOL, metrics=("kendall_tau", "n_at_1"))
    assert len(found.trials) == 2 * 3 * 2
    first = found.trials[0]
    assert tuple(first) == TRIAL_COLUMNS
    assert (first["method"], first["encoding"], first["space"], first["task"]) == ("Noisy", "graph", "s", "t")
    assert (first["n_train"], first["n_test"], first["trial"]) == (5, 295, 0)
    assert first["seed"] == PROTOCOL.seed_of(0)
    assert [(row["n_train"], row["trial"], row["metric"]) for row in found.trials[:3]] == [
        (5, 0, "kendall_tau"), (5, 0, "n_at_1"), (5, 1, "kendall_tau"),
    ]  # fmt: skip


def test_every_method_sees_the_same_architectures_and_seeds(tmp_path):
    logs = [tmp_path / "one", tmp_path / "two"]
    methods = [Method(log.name, "graph", Noisy(log=str(log))) for log in logs]
    found = evaluate(methods, linear_task(), PROTOCOL)
    assert logs[0].read_text() == logs[1].read_text()
    half = len(found.trials) // 2
    assert [row["value"] for row in found.trials[:half]] == [row["value"] for row in found.trials[half:]]


def test_a_run_is_the_same_with_and_without_a_folder_and_twice(tmp_path):
    in_memory = evaluate(Noisy(), linear_task(), PROTOCOL)
    kept = evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)
    again = evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)
    assert values(in_memory) == values(kept) == values(again)
    assert (in_memory.resumed, kept.resumed, again.resumed) == (0, 0, 6)


def test_known_trials_are_not_trained_again_and_new_ones_are_added(tmp_path):
    log = tmp_path / "log"
    first = evaluate(Noisy(log=str(log)), linear_task(), PROTOCOL, out=tmp_path)
    assert lines(log) == 6
    more = evaluate(
        Noisy(log=str(log)), linear_task(), PROTOCOL.replace(sizes=(5, 20, 40), trials=4), out=tmp_path
    )
    assert lines(log) == 12
    assert more.resumed == 6
    assert set(values(first)) < set(values(more))


@pytest.mark.parametrize(
    "change",
    [
        {"methods": Noisy(noise=0.2)},
        {"task": linear_task(noise=0.4)},
        {"task": linear_task(n=299)},
        {"protocol": PROTOCOL.replace(seed=3)},
        {"protocol": PROTOCOL.replace(test=50)},
        {"protocol": PROTOCOL.replace(split="halves")},
    ],
)
def test_another_setting_is_another_run(tmp_path, change):
    given = {"methods": Noisy(), "task": linear_task(), "protocol": PROTOCOL}
    evaluate(**given, out=tmp_path)
    assert evaluate(**{**given, **change}, out=tmp_path).resumed == 0
    assert evaluate(**given, out=tmp_path).resumed == 6


def test_another_rank_metric_needs_the_predictions_again(tmp_path):
    evaluate(Noisy(), linear_task(), PROTOCOL, metrics=("kendall_tau", "spearman"), out=tmp_path)
    assert evaluate(Noisy(), linear_task(), PROTOCOL, metrics=("spearman",), out=tmp_path).resumed == 6
    assert evaluate(Noisy(), linear_task(), PROTOCOL, metrics=("n_at_1",), out=tmp_path).resumed == 0


def test_predictions_of_the_largest_budget_are_kept_in_the_direction_of_the_metric(tmp_path):
    task = linear_task(direction="min")
    found = evaluate(Noisy(noise=0.0), task, PROTOCOL, out=tmp_path)
    resumed = evaluate(Noisy(noise=0.0), task, PROTOCOL, out=tmp_path)
    assert set(found.predictions) == {("Noisy", 0), ("Noisy", 1), ("Noisy", 2)}
    for one in (found, resumed):
        shown = one.predicted_and_true(1)["Noisy"]
        assert len(shown["true"]) == 280
        assert np.corrcoef(shown["true"], shown["pred"])[0, 1] > 0.9
        split = PROTOCOL.splits(300, 1)[20]
        assert (shown["true"] == -task.y[split.test]).all()
    assert len(list((tmp_path / "predictions").iterdir())) == 3


def test_the_files_say_what_was_run(tmp_path):
    found = evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path, experiment="first")
    assert read_trials(tmp_path / "trials.csv") == found.trials
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["protocol"]["sizes"] == [5, 20]
    assert config["methods"][0]["estimator"]["noise"] == 0.1
    assert config["experiment"] == "first"


def test_a_group_is_trained_whole_even_if_only_one_trial_is_missing(tmp_path):
    """Alone, the trial would round differently: the resumed result must be the same to the last bit."""
    log = tmp_path / "log"
    whole = evaluate(Together(log=str(log)), linear_task(), PROTOCOL, out=tmp_path / "a")
    journal = tmp_path / "a" / "journal.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:-1]))
    resumed = evaluate(Together(log=str(log)), linear_task(), PROTOCOL, out=tmp_path / "a")
    assert values(resumed) == values(whole)
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["3", "3", "3"]


@pytest.fixture
def importable(monkeypatch) -> None:
    """Let fresh processes import the dummies under the name that pytest gave their module."""
    monkeypatch.syspath_prepend(str(HERE.parents[1]))


def test_processes_give_the_same_rows_as_one(tmp_path, importable):
    methods = [Method("noisy", "graph", Noisy()), Method("together", "graph", Together())]
    here = evaluate(methods, linear_task(), PROTOCOL)
    there = evaluate(methods, linear_task(), PROTOCOL, jobs=2, out=tmp_path)
    assert values(here) == values(there)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_run_resumes_to_the_identical_file(tmp_path, jobs: int):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([sys.executable, script(tmp_path, whole)], check=True)
    started = subprocess.Popen([sys.executable, script(tmp_path, killed, jobs)], start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while lines(killed / "journal.jsonl") < 7 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
    kept = lines(killed / "journal.jsonl")
    assert 7 <= kept < 36
    assert not (killed / "results.csv").exists()
    with (killed / "journal.jsonl").open("a") as file:
        file.write('{"key": "torn by the ki')
    subprocess.run([sys.executable, script(tmp_path, killed, jobs)], check=True)
    assert (killed / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()
    assert lines(killed / "journal.jsonl") == 36


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_loses_nothing_and_leaves_nothing_running(tmp_path, jobs: int):
    out = tmp_path / "out"
    started = subprocess.Popen(
        [sys.executable, script(tmp_path, out, jobs)], start_new_session=True, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while lines(out / "journal.jsonl") < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(started.pid, signal.SIGINT)  # as a terminal sends it: to every process of the group
    _, errors = started.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert gone(started.pid)
    kept = lines(out / "journal.jsonl")
    assert 3 <= kept < 36
    subprocess.run([sys.executable, script(tmp_path, out)], check=True)
    assert lines(out / "journal.jsonl") == 36


def test_an_error_in_a_worker_comes_back_and_keeps_what_was_done(tmp_path, importable):
    methods = [Method("noisy", "graph", Noisy()), Method("bad", "graph", Noisy(noise=float("nan")))]
    for jobs in (1, 2):
        with pytest.raises(InvalidArgument, match="bad, train size"):
            evaluate(methods, linear_task(), PROTOCOL, out=tmp_path / str(jobs), jobs=jobs)
    assert lines(tmp_path / "1" / "journal.jsonl") == 6


def test_a_worker_that_dies_is_said(tmp_path, importable):
    with pytest.raises(ArchencError, match=r"a worker process died.*fewer jobs"):
        evaluate(Dies(), linear_task(), PROTOCOL, out=tmp_path, jobs=2)


def test_a_damaged_journal_is_said_and_nothing_is_overwritten(tmp_path):
    evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)
    journal = tmp_path / "journal.jsonl"
    text = journal.read_text()
    journal.write_text(text.replace("kendall_tau", "kendall_tao", 1))
    damaged = journal.read_bytes()
    with pytest.raises(DataError, match="line 1: damaged"):
        evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)
    assert journal.read_bytes() == damaged


def test_damaged_predictions_are_said(tmp_path):
    evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)
    file = next((tmp_path / "predictions").iterdir())
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataError, match=file.name):
        evaluate(Noisy(), linear_task(), PROTOCOL, out=tmp_path)


def test_a_reference_reaches_the_encoder_and_stays_out_of_the_sets(nb201_task):
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    from archenc.encoders import ZeroCost
    from archenc.spaces import space

    nb201 = space("nasbench201")
    scores = {nb201.format(arch): [float(place)] for place, arch in enumerate(nb201_task.X)}
    estimator = make_pipeline(ZeroCost(scores=scores, names=("synflow",)), Ridge())
    protocol = Protocol(sizes=(5,), trials=2, reference=50)
    found = evaluate(estimator, nb201_task, protocol)
    assert found.trials[0]["n_test"] == 400 - 50 - 5
    encoder = found.methods[0].estimator.named_steps["zerocost"]
    assert len(encoder.reference) == 50
    with pytest.raises(InvalidArgument, match="nothing in Noisy takes a reference"):
        evaluate(Noisy(), linear_task(), PROTOCOL.replace(reference=10))


def test_wrong_numbers_are_refused():
    for wrong in ({"jobs": 0}, {"together": 0}):
        with pytest.raises(InvalidArgument, match="integers >= 1"):
            evaluate(Noisy(), linear_task(), PROTOCOL, **wrong)


def test_progress_goes_to_standard_error_and_can_be_off(capsys):
    evaluate(Noisy(), linear_task(), PROTOCOL, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "6/6" in shown.err
    evaluate(Noisy(), linear_task(), PROTOCOL)
    assert capsys.readouterr() == ("", "")


def test_a_table_of_results_follows_from_the_trials():
    found = evaluate(Noisy(), linear_task(), PROTOCOL, metrics=("kendall_tau",))
    rows = results_table(found.trials)
    assert [(row["n_train"], row["n_trials"]) for row in rows] == [(5, 3), (20, 3)]
    assert rows[1]["mean"] == pytest.approx(np.mean([row["value"] for row in found.trials[3:]]))
