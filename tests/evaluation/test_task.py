"""Tasks: the pool, the direction, and what is refused before anything runs."""

import numpy as np
import pytest

from archenc.errors import InvalidArgument, MissingScore, UnknownName
from archenc.evaluation.task import Task
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")
ARCHS = [NB201.parse(index) for index in range(12)]


@pytest.fixture
def table() -> BenchmarkTable:
    accuracy = np.arange(12.0)
    accuracy[3] = np.nan
    latency = np.arange(12.0) ** 2
    synflow = np.arange(12.0)
    synflow[[3, 5]] = np.nan
    columns = {
        "acc": accuracy,
        "latency": latency,
        "synflow": synflow,
        "same": np.ones(12),
        "empty": np.full(12, np.nan),
    }
    metrics = [
        Metric("acc", "cifar10", "accuracy", direction="max", unit="percent"),
        Metric("latency", "cifar10", "latency", direction="min", unit="ms"),
        Metric("same", "cifar10", "accuracy", direction="max"),
        Metric("empty", "cifar10", "accuracy", direction="max"),
    ]
    return BenchmarkTable.from_columns("nasbench201", ARCHS, columns, metrics)


def test_the_pool_has_the_metric_and_every_score_needed(table):
    assert Task.from_table(table, "acc").rows.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    task = Task.from_table(table, "acc", needs=["synflow"])
    assert task.rows.tolist() == [0, 1, 2, 4, 6, 7, 8, 9, 10, 11]
    assert task.y.tolist() == task.rows.tolist()
    assert [NB201.format(arch) for arch in task.X] == list(task.keys)
    assert (task.space, task.name, task.unit, task.n_rows) == ("nasbench201", "acc", "percent", 12)


def test_a_metric_of_which_less_is_better_is_negated(table):
    task = Task.from_table(table, "latency")
    assert task.y.tolist() == (-(np.arange(12.0) ** 2)).tolist()
    assert task.direction == "min"
    assert Task.from_arrays(ARCHS, np.arange(12.0), direction="min").y.tolist() == (-np.arange(12.0)).tolist()


def test_a_metric_without_a_direction_must_be_given_one(table):
    with pytest.raises(InvalidArgument, match=r"'synflow'.*direction='max' or direction='min'"):
        Task.from_table(table, "synflow")
    assert len(Task.from_table(table, "synflow", direction="max")) == 10


def test_take_keeps_the_form(table):
    task = Task.from_table(table, "acc")
    assert task.take(np.array([2, 0])) == [ARCHS[2], ARCHS[0]]
    rows = Task.from_arrays(np.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0])
    assert rows.take(np.array([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]


def test_a_sample_is_a_task_of_its_own_and_samples_of_one_seed_are_nested(table):
    task = Task.from_table(table, "acc")
    small, large = task.sample(4, 3), task.sample(7, 3)
    assert (len(small), len(large), small.n_rows) == (4, 7, 12)
    assert set(small.rows) < set(large.rows)
    assert small.rows.tolist() == sorted(small.rows)
    assert small.y.tolist() == small.rows.tolist()
    assert [NB201.format(arch) for arch in small.X] == list(small.keys)
    assert task.sample(4, 4).key() != small.key() == task.sample(4, 3).key()
    with pytest.raises(InvalidArgument, match="sample=12: expected 2 to 11"):
        task.sample(12, 0)


def test_classes_are_those_of_the_canonical_form():
    dead = "+|none~0|none~1|+|none~0|none~1|none~2|"
    twins = [NB201.parse(first + dead) for first in ("|none~0|", "|skip_connect~0|")]
    task = Task.from_arrays([*twins, ARCHS[0]], [1.0, 2.0, 3.0])
    raw, live = task.classes("raw-v1"), task.classes("nats-v1")
    assert raw is not None
    assert live is not None
    assert len(set(raw)) == 3
    assert live[0] == live[1] != live[2]
    assert task.classes(None) is None


def test_the_key_says_whether_two_pools_are_the_same(table):
    task = Task.from_table(table, "acc")
    assert task.key() == Task.from_table(table, "acc").key()
    changed = np.array(task.y)
    changed[0] += 1e-12
    others = [
        Task.from_table(table, "acc", needs=["synflow"]),
        Task.from_table(table, "latency"),
        Task.from_arrays(task.X, changed, space="nasbench201", name="acc"),
        Task.from_arrays(task.X, task.y, space="nasbench201", name="acc"),
        Task.from_arrays(task.X[::-1], task.y, space="nasbench201", name="acc"),
        Task.from_arrays(np.arange(22.0).reshape(11, 2), task.y, space="nasbench201", name="acc"),
    ]
    assert len({task.key(), *(other.key() for other in others)}) == 7


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([1.0, np.nan, 3.0], "1 of 3 values are NaN or infinite, the first at position 1"),
        ([1.0, 2.0, np.inf], "first at position 2"),
        ([2.0, 2.0, 2.0], "all 3 values are equal"),
        ([1.0, 2.0], r"shape \(2,\) for 3"),
    ],
)
def test_bad_labels_are_refused(y, words: str):
    with pytest.raises(InvalidArgument, match=words):
        Task.from_arrays(ARCHS[:3], y)


def test_bad_metrics_are_refused(table):
    with pytest.raises(UnknownName, match=r"accu.*acc"):
        Task.from_table(table, "accu")
    with pytest.raises(UnknownName, match="zen"):
        Task.from_table(table, "acc", needs=["zen"])
    with pytest.raises(InvalidArgument, match="all 12 values are equal"):
        Task.from_table(table, "same")
    with pytest.raises(MissingScore, match="none of 12 architectures"):
        Task.from_table(table, "acc", needs=["empty"])
