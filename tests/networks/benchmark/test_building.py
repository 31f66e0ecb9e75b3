"""Benchmarks of one's own: the table, resuming, kills, several processes, a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArgument, MissingExtra
from archenc.networks import datasets
from archenc.networks.benchmark import Plan, build_benchmark, distinct, on_cluster, sample
from archenc.networks.benchmark.shard import train_shard
from archenc.networks.training import Recipe
from archenc.spaces import space
from archenc.tables import BenchmarkTable

SKELETON = {"channels": 2, "cells": 1, "stages": 1, "stem_stride": 2}
FILES = ("table.parquet", "plan.json")


def plan(cells: int = 10, **changes) -> Plan:
    made = Plan(
        "nb201",
        sample("nb201", cells, 1),
        datasets.digits(64, 32),
        Recipe(epochs=2, batch_size=32, checkpoints=(1,)),
        seeds=(0, 5),
        repeated=6,
        skeleton=SKELETON,
        shard_size=4,
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    build_benchmark(plan(), folder)
    return folder


def same(one: Path, other: Path) -> bool:
    records = [sorted((folder / "shards.jsonl").read_text().splitlines()) for folder in (one, other)]
    return records[0] == records[1] and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in FILES
    )


def test_shards_cover_every_training_once():
    made = plan()
    trained = [(shard.seed, row) for shard in made.shards for row in shard.rows]
    assert len(set(trained)) == len(trained) == 10 + 6
    assert [len(shard.rows) for shard in made.shards] == [4, 4, 2, 4, 2]
    assert {row for seed, row in trained if seed == 5} == set(made.shards[0].rows + made.shards[1].rows[:2])


def test_the_table_says_what_was_measured(built):
    table = BenchmarkTable.open(built / "table.parquet")
    assert table.spellings() == list(plan().archs)
    metric = table.resolve("digits_val_accuracy_2ep")
    assert (metric.unit, metric.direction, metric.epochs, metric.split) == ("percent", "max", 2, "val")
    assert table.resolve("digits_train_loss_1ep_seed5").direction == "min"
    runs = table.values("digits_runs")
    assert sorted(runs) == [1] * 4 + [2] * 6
    first, second, mean = (
        table.values(f"digits_test_loss_2ep{suffix}") for suffix in ("_seed0", "_seed5", "")
    )
    assert not np.isnan(first).any()
    assert (np.isnan(second) == (runs == 1)).all()
    assert np.allclose(mean[runs == 2], (first + second)[runs == 2] / 2, atol=1e-5)
    assert (mean[runs == 1] == first[runs == 1]).all()


def test_a_shard_is_a_function_of_its_plan():
    made = plan()
    one, again = (train_shard(made, made.shards[1]) for _ in range(2))
    assert one["curves"] == again["curves"]


def test_a_build_goes_on_where_it_was(built, tmp_path):
    made = plan()
    build_benchmark(made, tmp_path, minutes=0)
    part = build_benchmark(made, tmp_path, minutes=0, mapper=lambda plan, shards: map_some(plan, shards[3:]))
    assert len(part.select("digits_val_loss_2ep")) < 10
    seen: list[tuple[int, int]] = []
    build_benchmark(made, tmp_path, progress=lambda *counts: seen.append(counts))
    assert same(built, tmp_path)
    assert seen[0] == (6, 16)
    assert seen[-1] == (16, 16)


def test_more_seeds_take_over_the_shards_of_fewer(built, tmp_path):
    made = plan(seeds=(0, 5, 7), repeated=None)
    begun: list[int] = []

    def mapper(plan, shards):
        begun.extend(shard.number for shard in shards)
        return map_some(plan, shards)

    build_benchmark(made, tmp_path / "whole")
    build_benchmark(made, tmp_path / "more", reuse=built, mapper=mapper)
    assert same(tmp_path / "whole", tmp_path / "more")
    # the last shard of seed 5 was cut short by `repeated`, so it is trained anew, and so is all of seed 7
    assert sorted(begun) == [4, 5, 6, 7, 8]


def test_another_build_is_not_taken_over(built, tmp_path):
    made = plan(seeds=(0, 5, 7), recipe=Recipe(epochs=3, batch_size=32))
    with pytest.raises(DataError, match="recipe differ"):
        build_benchmark(made, tmp_path / "other", reuse=built)
    assert not (tmp_path / "other").exists()
    with pytest.raises(DataError, match="expected the plan of a finished or partial build"):
        build_benchmark(made, tmp_path / "none", reuse=tmp_path)


def map_some(plan, shards):
    for shard in reversed(shards):
        yield train_shard(plan, shard)


@pytest.mark.slow
def test_two_processes_give_the_same(built, tmp_path):
    build_benchmark(plan(), tmp_path, jobs=2)
    assert same(built, tmp_path)


KILLED = """
from archenc.networks.benchmark import build_benchmark
import sys; sys.path.insert(0, sys.argv[1])
from benchmark_of_the_test import plan
if __name__ == "__main__":
    build_benchmark(plan(), sys.argv[2], jobs=int(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_any_moment_it_ends_with_the_same_bytes(built, tmp_path, jobs):
    (tmp_path / "benchmark_of_the_test.py").write_text(Path(__file__).read_text())
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    out = tmp_path / "out"
    journal = out / "shards.jsonl"
    for records in (1, 3):
        process = subprocess.Popen(
            [sys.executable, script, tmp_path, out, str(jobs)], env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        while process.poll() is None and not (
            journal.exists() and journal.read_bytes().count(b"\n") >= records
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with journal.open("a") as file:
        file.write('{"shard": 4, "curves": {"train')  # as torn as a line can be
    build_benchmark(plan(), out)
    assert same(built, out)


def test_a_folder_of_another_plan_is_refused(built):
    with pytest.raises(DataError, match="another plan"):
        build_benchmark(plan(recipe=Recipe(epochs=3, batch_size=32)), built)


def test_a_damaged_folder_is_refused(built, tmp_path):
    for name in ("plan.json", "shards.jsonl"):
        (tmp_path / name).write_bytes((built / name).read_bytes())
    lines = (tmp_path / "shards.jsonl").read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace("2.", "3.", 1)
    (tmp_path / "shards.jsonl").write_text("".join(lines))
    with pytest.raises(DataError, match="line 2"):
        build_benchmark(plan(), tmp_path)
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        build_benchmark(plan(), tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [{"archs": ()}, {"seeds": ()}, {"seeds": (1, 1)}, {"seeds": (-1,)}, {"repeated": 11}, {"shard_size": 0},
     {"skeleton": {"n_classes": 3}}],
)  # fmt: skip
def test_plans_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidArgument):
        plan(**wrong)


def test_networks_without_a_stack_are_trained_one_by_one(tmp_path):
    made = plan(
        space="tnb101",
        archs=sample("tnb101", 2),
        skeleton={"channels": 4, "cells": 1},
        task="class_scene",
        data=datasets.tensors(
            np.random.default_rng(0).random((12, 3, 32, 32)), np.arange(12) % 3, name="noise", train=8, val=4
        ),
        recipe=Recipe(epochs=1, batch_size=4),
        repeated=0,
    )
    table = build_benchmark(made, tmp_path)
    assert not np.isnan(table.values("noise_val_loss_1ep")).any()
    assert "noise_test_loss_1ep" not in table.metrics


def test_a_cluster_trains_the_same_shards(built, tmp_path, monkeypatch):
    """Through a stand-in for Ray that answers in reverse."""

    class Task:
        def __init__(self, function):
            self.function = function

        def remote(self, *arguments):
            return self.function, arguments

    started: list[object] = []
    ray = SimpleNamespace(
        is_initialized=lambda: bool(started),
        init=lambda address: started.append(address),
        put=lambda value: value,
        remote=lambda num_cpus: Task,
        wait=lambda waiting, num_returns: (waiting[-num_returns:], waiting[:-num_returns]),
        get=lambda done: [function(*arguments) for function, arguments in done],
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    build_benchmark(plan(), tmp_path, mapper=on_cluster)
    assert started == [None]
    assert same(built, tmp_path)


@pytest.mark.slow
def test_ray_itself_trains_the_same_shards(built, tmp_path):
    """With the extra `ray`: two tasks on a cluster that Ray starts here."""
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    ray.init(num_cpus=2, include_dashboard=False)
    try:
        build_benchmark(plan(), tmp_path, mapper=on_cluster)
    finally:
        ray.shutdown()
    assert same(built, tmp_path)


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"archenc\[ray\]"):
        list(on_cluster(plan(), plan().shards))


def test_distinct_cells_are_the_first_of_their_classes():
    found = distinct("nb201")
    member = space("nb201")
    ids = {member.parse(native).id() for native in found}
    assert len(found) == len(ids) == 6466
    assert found[0] == member.format(member.parse(0))


def test_a_sample_has_no_cell_twice():
    found = sample("nb101", 30, 3)
    assert len({space("nb101").key(space("nb101").parse(native)) for native in found}) == 30
    with pytest.raises(InvalidArgument, match="15626"):
        sample("nb201", 15_626)


def test_times_are_kept_apart(built):
    times = [json.loads(line) for line in (built / "seconds.jsonl").read_text().splitlines()]
    assert {record["shard"] for record in times} == set(range(5))
    assert all(record["seconds_a_cell"] > 0 for record in times)
    assert "seconds" not in (built / "shards.jsonl").read_text()
