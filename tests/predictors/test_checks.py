from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from archenc.errors import InvalidArgument
from archenc.predictors.checks import check_features, check_number, check_option, check_targets


def test_labels_become_a_copy_in_float64() -> None:
    y = np.array([1, 2, 3])
    labels = check_targets(y, 3)
    assert labels.dtype == np.float64
    labels[0] = 9
    assert y[0] == 1


@pytest.mark.parametrize(
    ("y", "n", "words"),
    [
        ([0.1, float("nan"), 0.3], None, r"y\[1\]=nan: 1 of 3 labels"),
        ([0.1, float("inf")], None, r"y\[1\]=inf"),
        ([0.5, 0.5, 0.5], None, "all 3 labels are 0.5; expected two distinct"),
        ([0.5], None, "all 1 labels are 0.5"),
        ([], None, "there are no labels"),
        ([0.1, 0.2], 3, "y has 2 rows and X has 3"),
        ([[0.1], [0.2]], None, r"y has shape \(2, 1\)"),
        (["good", "bad"], None, "one number a row"),
        (np.array([1j, 2]), None, "y is complex"),
        ([0.1, None], None, r"y\[1\]=nan|one number a row"),
    ],
)
def test_labels_that_teach_nothing_are_refused(y: list, n: int | None, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        check_targets(y, n)


@pytest.mark.parametrize(
    ("X", "n_features", "words"),
    [
        ([[1.0, 2.0], [float("nan"), 4.0]], None, r"X\[1, 0\]=nan: 1 features"),
        ([1.0, 2.0], None, r"shape \(2,\)"),
        (np.zeros((3, 0)), None, "at least one feature"),
        (np.zeros((3, 2)), 4, "X has 2 features: expected 4"),
        (np.array([[1j, 2]]), None, "X is complex"),
        (csr_array(np.eye(3)), None, r"X\.toarray\(\)"),
        ([["conv3x3"]], None, "an encoder turns architectures into one"),
    ],
)
def test_features_that_are_no_matrix_of_numbers_are_refused(
    X: object, n_features: int | None, words: str
) -> None:
    with pytest.raises(InvalidArgument, match=words):
        check_features(X, n_features)


def test_options_and_numbers_name_argument_value_and_legal_form() -> None:
    check_option("loss", "mse", ("mse", "hinge"))
    with pytest.raises(InvalidArgument, match="loss='l1': expected one of 'mse', 'hinge'"):
        check_option("loss", "l1", ("mse", "hinge"))
    check_number("epochs", np.int64(3), least=1, whole=True)
    for value, words in [
        (0, "> 0"),
        (-1, "> 0"),
        (float("nan"), "a number"),
        ("3", "a number"),
        (True, "a number"),
    ]:
        with pytest.raises(InvalidArgument, match=f"lr={value!r}: .*{words}"):
            check_number("lr", value, open_end=True)
    with pytest.raises(InvalidArgument, match="an integer >= 1"):
        check_number("epochs", 2.0, least=1, whole=True)
