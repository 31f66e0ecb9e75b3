from __future__ import annotations

import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.tables import Metric

METRIC = Metric("cifar10_val_accuracy_200ep", "cifar10", "accuracy", "val", 200, "fraction", "max", "3 seeds")


def test_round_trip():
    assert Metric.from_dict(METRIC.to_dict()) == METRIC


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "name=''"),
        ({"name": " x"}, "white space"),
        ({"epochs": 0}, "epochs=0"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict, message: str):
    with pytest.raises(InvalidArgument, match=message):
        Metric.from_dict(METRIC.to_dict() | wrong)


def test_fields_of_another_version():
    with pytest.raises(DataError, match=r"unknown fields \['colour'\]"):
        Metric.from_dict(METRIC.to_dict() | {"colour": "red"})
    with pytest.raises(DataError, match="dataset"):
        Metric.from_dict({"name": "x"})
