"""Scores that come from trainings have a price, and it is said."""

import numpy as np

from archenc.evaluation.costs import training_costs
from archenc.evaluation.method import with_reference
from archenc.evaluation.setup import Wanted, set_up
from archenc.spaces import space
from archenc.tables import BenchmarkTable, Metric

NB201 = space("nasbench201")
LABEL, SHORT, TIMES = (
    "cifar10_val_accuracy_200ep",
    "cifar10_val_accuracy_12ep",
    "cifar10_training_seconds_12ep",
)


def some_table(*, times: bool) -> BenchmarkTable:
    n = 60
    label = np.random.default_rng(0).normal(size=n)
    columns = {LABEL: label, SHORT: label + 0.1, "cifar10_params": label**2}
    metrics = [
        Metric(LABEL, "cifar10", "accuracy", direction="max", epochs=200),
        Metric(SHORT, "cifar10", "accuracy", direction="max", epochs=12),
    ]
    if times:
        columns[TIMES] = np.full(n, 36.0)
        metrics.append(Metric(TIMES, "cifar10", "seconds", unit="s"))
    archs = [NB201.parse(250 * index) for index in range(n)]
    return BenchmarkTable.from_columns("nasbench201", archs, columns, metrics)


def test_a_short_training_is_counted_in_epochs_labels_and_hours():
    scores = f"{SHORT}, cifar10_params"
    (line,) = training_costs(some_table(times=True), scores, LABEL, 5000)
    assert "5,000 trainings of 12 epochs, 60,000 epochs, as many as 300 labels of 200 epochs" in line
    assert f"50.0 hours by the mean of {TIMES}" in line


def test_without_times_it_says_so():
    (line,) = training_costs(some_table(times=False), SHORT, LABEL, 100)
    assert line.endswith("; the table has no times of these trainings.")


def test_what_takes_no_training_costs_none():
    assert training_costs(some_table(times=True), "cifar10_params", LABEL, 100) == []
    assert training_costs(some_table(times=True), None, LABEL, 100) == []


def test_gates_pp_learns_from_a_short_training_of_the_reference():
    table = some_table(times=False)
    options = ":pretrain_epochs=20:epochs=5:layers=2:flow_width=16:head=[16]"
    wanted = [Wanted(f"gates_pp:op_features=false{options}"), Wanted(f"dele{':pretrain_epochs=2'}")]
    task, methods = set_up(table, LABEL, wanted, scores=SHORT, pool="all")
    assert [method.estimator.scores.names for method in methods] == [(SHORT,), (SHORT,)]
    (method, _) = with_reference(methods, [task.X[i] for i in range(30)])
    found = method.estimator.fit(task.X[30:36], task.y[30:36]).predict(task.X[36:])
    assert np.isfinite(found).all()
