"""One group of cells: what is trained, what is tested, and what is refused before that."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from archenc.errors import InvalidArgument, UnknownName
from archenc.evaluation.method import Method
from archenc.evaluation.metrics import kendall_tau, regret_at_k
from archenc.evaluation.protocols import Protocol
from archenc.evaluation.task import Task
from archenc.evaluation.trials import Cell, Plan, run

from .dummies import Noisy, Together, linear_task

PROTOCOL = Protocol(sizes=(10, 30), trials=4, seed=1)


def plan(estimator=None, task=None, protocol=PROTOCOL, metrics=("kendall_tau", "regret_at_5")) -> Plan:
    method = Method("noisy", "graph", Noisy() if estimator is None else estimator)
    return Plan.make(task or linear_task(), (method,), protocol, metrics)


def test_an_outcome_is_what_training_by_hand_gives():
    task = linear_task()
    (outcome,) = run(plan(), (Cell(0, 30, 2),))
    split = PROTOCOL.splits(300, 2)[30]
    model = Noisy(seed=PROTOCOL.seed_of(2)).fit(task.X[split.train], task.y[split.train])
    prediction = model.predict(task.X[split.test])
    assert (outcome.prediction == prediction).all()
    assert outcome.values == {
        "kendall_tau": kendall_tau(true=task.y[split.test], pred=prediction),
        "regret_at_5": regret_at_k(true=task.y[split.test], pred=prediction, k=5),
    }
    assert outcome.n_test == 270
    assert outcome.seconds > 0


def test_groups_put_together_what_fit_trials_trains_and_nothing_else():
    alone = list(plan().groups(together=3))
    assert [len(group) for group in alone] == [1] * 8
    together = list(plan(Together()).groups(together=3))
    assert [(group[0].n_train, [cell.trial for cell in group]) for group in together] == [
        (10, [0, 1, 2]), (10, [3]), (30, [0, 1, 2]), (30, [3]),
    ]  # fmt: skip


def test_a_group_is_trained_by_one_call(tmp_path):
    log = tmp_path / "log"
    this = plan(Together(log=str(log)))
    outcomes = list(run(this, next(iter(this.groups(together=4)))))
    assert log.read_text() == f"4 {[PROTOCOL.seed_of(trial) for trial in range(4)]}\n"
    assert len({outcome.values["kendall_tau"] for outcome in outcomes}) == 4


def test_classes_stay_on_one_side(nb201_task):
    protocol = Protocol(sizes=(20,), trials=3, group="nats-v1")
    this = Plan.make(nb201_task, (Method("r", "g", Ridge()),), protocol, ("kendall_tau",))
    classes = nb201_task.classes("nats-v1")
    for by_size in this.splits.values():
        split = by_size[20]
        assert not set(classes[split.train]) & set(classes[split.test])
        assert len(split.test) < len(nb201_task) - 20


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"protocol": Protocol(sizes=(299,))}, InvalidArgument, "train size 299 is too large"),
        ({"metrics": ("kendal",)}, UnknownName, "kendal"),
        ({"metrics": ("n_at_280",)}, InvalidArgument, "k=280"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_trained(changes, error, words: str, tmp_path):
    with pytest.raises(error, match=words):
        plan(Noisy(log=str(tmp_path / "log")), **changes)
    assert not (tmp_path / "log").exists()


def test_equal_labels_within_a_training_set_are_said_before_anything_is_trained():
    y = np.zeros(300)
    y[:3] = [1.0, 2.0, 3.0]
    task = Task.from_arrays(np.arange(300.0)[:, None], y)
    with pytest.raises(InvalidArgument, match="train size 10, trial 0: all 10 labels of the training set"):
        plan(task=task)


class Predicts(BaseEstimator):
    def __init__(self, what: str = "nan") -> None:
        self.what = what

    def fit(self, X, y):
        return self

    def predict(self, X):
        return {"nan": np.full(len(X), np.nan), "short": np.zeros(3), "inf": np.full(len(X), np.inf)}[
            self.what
        ]


@pytest.mark.parametrize(
    ("what", "words"), [("nan", "NaN or infinity"), ("inf", "NaN"), ("short", r"shape \(3,\)")]
)
def test_a_prediction_that_is_none_is_refused_with_its_place(what: str, words: str):
    with pytest.raises(InvalidArgument, match=f"noisy, train size 10, trial 1: predict returned .*{words}"):
        list(run(plan(Predicts(what)), (Cell(0, 10, 1),)))
