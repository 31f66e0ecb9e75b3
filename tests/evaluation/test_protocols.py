"""Splits: paired, nested, without leaks, and refused where they do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArgument
from archenc.evaluation.protocols import Protocol, preset


def test_training_sets_are_nested_prefixes_and_the_rest_is_tested():
    splits = Protocol(sizes=(7, 39, 78), trials=2, seed=5).splits(500, 0)
    assert (splits[78].train[:39] == splits[39].train).all()
    assert (splits[39].train[:7] == splits[7].train).all()
    for size, split in splits.items():
        assert len(split.train) == size
        assert sorted([*split.train, *split.test]) == list(range(500))


def test_a_split_depends_on_seed_and_trial_alone():
    one = Protocol(sizes=(7, 39), trials=3, seed=5).splits(500, 2)
    other = Protocol(sizes=(39, 100), trials=9, seed=5).splits(500, 2)
    assert (one[39].train == other[39].train).all()
    assert (one[39].test == other[39].test).all()


def test_trials_and_seeds_draw_different_training_sets():
    protocol = Protocol(sizes=(20,), seed=5)
    drawn = [tuple(protocol.splits(500, trial)[20].train) for trial in range(9)]
    drawn += [tuple(protocol.replace(seed=6).splits(500, trial)[20].train) for trial in range(9)]
    assert len(set(drawn)) == 18


def test_golden_split():
    """Splits must not change between versions: journals and published tables of ours rest on them."""
    assert Protocol(sizes=(5,), seed=0).splits(100, 0)[5].train.tolist() == GOLDEN_TRAIN
    assert Protocol(sizes=(5,), seed=0).seed_of(0) == GOLDEN_SEED


def test_training_seeds_differ_by_trial_only():
    protocol = Protocol(sizes=(5,), seed=0)
    assert len({protocol.seed_of(trial) for trial in range(50)}) == 50
    assert protocol.seed_of(3) == protocol.replace(sizes=(9,), test=10).seed_of(3)
    assert protocol.seed_of(3) != protocol.replace(seed=1).seed_of(3)


@given(st.integers(0, 1000), st.integers(0, 20))
def test_no_class_straddles_training_and_test(seed: int, trial: int):
    classes = np.random.default_rng(seed).integers(0, 40, size=120)
    protocol = Protocol(sizes=(3, 10), seed=seed, group="nats-v1")
    grouped = protocol.splits(120, trial, classes=classes)
    plain = protocol.replace(group=None).splits(120, trial)
    for size, split in grouped.items():
        assert not set(classes[split.train]) & set(classes[split.test])
        assert (split.train == plain[size].train).all()
        left_out = set(plain[size].test) - set(split.test)
        assert all(classes[position] in classes[split.train] for position in left_out)


def test_halves_train_within_the_first_rows_and_test_on_the_last():
    rows = np.array([0, 3, 4, 5, 8, 9, 10])  # of a table of 11 rows: rows 0 to 5 come first
    protocol = Protocol(sizes=(2, 4), split="halves")
    for trial in range(5):
        for split in protocol.splits(7, trial, rows=rows, n_rows=11).values():
            assert set(split.train) <= {0, 1, 2, 3}
            assert split.test.tolist() == [4, 5, 6]


def test_halves_of_nasbench201_are_7813_and_7812():
    split = preset("ta_gates", sizes=(78,)).splits(15625, 0)[78]
    assert split.train.max() <= 7812
    assert split.test.tolist() == list(range(7813, 15625))


def test_folds_test_every_architecture_once_a_repeat():
    labels = np.random.default_rng(0).normal(size=205)
    protocol = Protocol(sizes=(14, 100), trials=20, split="folds", seed=3)
    splits = [protocol.splits(205, trial, labels=labels) for trial in range(20)]
    for first in (0, 10):
        tested = np.concatenate([split[14].test for split in splits[first : first + 10]])
        assert sorted(tested) == list(range(205))
    assert {len(split[14].test) for split in splits} == {20, 21}
    assert set(splits[0][14].test) != set(splits[10][14].test)  # dealt anew
    for split in splits:
        assert (split[100].train[:14] == split[14].train).all()
        assert (split[100].test == split[14].test).all()
        assert not set(split[100].train) & set(split[100].test)
    assert len({tuple(split[14].train) for split in splits}) == 20
    again = protocol.replace(trials=3, sizes=(30,)).splits(205, 13, labels=labels)[30]
    assert (again.test == splits[13][14].test).all()
    assert (again.train[:14] == splits[13][14].train).all()


@given(st.integers(20, 300), st.integers(0, 99), st.booleans())
def test_every_fold_has_of_every_fifth_of_the_labels(n: int, trial: int, tied: bool):
    labels = np.random.default_rng(n).integers(0, 3 if tied else 10**6, size=n).astype(float)
    test = Protocol(sizes=(2,), split="folds").splits(n, trial, labels=labels)[2].test
    fifth = np.empty(n, dtype=int)
    for number, part in enumerate(np.array_split(np.argsort(labels, kind="stable"), 5)):
        fifth[part] = number
    counts = np.bincount(fifth[test], minlength=5)
    assert (np.abs(counts - n / 50) <= 1).all()


def test_folds_of_nasbench201_leave_the_pool_of_the_published_sizes():
    labels = np.arange(15625.0)
    protocol = preset("cole", sizes=(14, 55, 220, 879, 3516, 14062))
    assert protocol.trials == 100
    assert {len(protocol.splits(15625, trial, labels=labels)[14].test) for trial in (0, 9)} == {1563, 1562}
    with pytest.raises(InvalidArgument, match="train size 14063 is too large"):
        protocol.replace(sizes=(14063,)).check(15625)


def test_folds_need_labels_and_a_pool():
    protocol = Protocol(sizes=(2,), split="folds")
    with pytest.raises(InvalidArgument, match="expected the labels"):
        protocol.splits(100, 0)
    with pytest.raises(InvalidArgument, match="a pool of 19 is too small"):
        protocol.splits(19, 0, labels=np.arange(19.0))


def test_a_number_of_test_architectures_is_drawn_from_the_rest():
    splits = Protocol(sizes=(7, 78), test=50).splits(500, 0)
    assert [len(split.test) for split in splits.values()] == [50, 50]
    assert (splits[7].test == splits[78].test).all()
    assert not set(splits[7].test) & set(splits[78].train)


def test_the_reference_is_apart_and_the_same_in_every_trial():
    protocol = Protocol(sizes=(5, 30), reference=40, trials=4)
    reference = protocol.reference_of(200)
    assert len(reference) == len(set(reference)) == 40
    for trial in range(4):
        for split in protocol.splits(200, trial).values():
            assert len(split.test) == 200 - 40 - len(split.train)
            assert not set(reference) & {*split.train, *split.test}


def test_the_reference_of_halves_comes_from_the_training_side():
    protocol = Protocol(sizes=(3,), split="halves", reference=4)
    assert protocol.reference_of(20).max() < 10
    assert protocol.splits(20, 0)[3].test.tolist() == list(range(10, 20))


@pytest.mark.parametrize("split", ["random", "halves"])
def test_a_prefix_is_the_first_rows_in_every_trial(split):
    rows = np.random.default_rng(0).permutation(60)[:40]  # a pool in any order, of a table of 60
    protocol = Protocol(sizes=(3, 9), split=split, draw="prefix", reference=5, seed=7)
    may_train = np.sort(rows[rows < 30] if split == "halves" else rows)
    reference = protocol.reference_of(40, rows=rows, n_rows=60)
    assert sorted(rows[reference]) == may_train[-5:].tolist()
    for trial in range(3):
        for size, of_size in protocol.splits(40, trial, rows=rows, n_rows=60).items():
            assert rows[of_size.train].tolist() == may_train[:size].tolist()
            assert not set(of_size.test) & {*of_size.train, *reference}
            expected = (rows >= 30).sum() if split == "halves" else 40 - 5 - size
            assert len(of_size.test) == expected


def test_the_first_cells_of_nasbench201_are_a_prefix():
    protocol = Protocol(sizes=(78,), split="halves", draw="prefix", reference=5000)
    assert protocol.splits(15625, 4)[78].train.tolist() == list(range(78))
    assert protocol.reference_of(15625).tolist() == list(range(2813, 7813))


def test_trials_on_a_prefix_share_the_tests_that_are_drawn():
    protocol = Protocol(sizes=(5,), draw="prefix", test=20)
    tests = {tuple(protocol.splits(100, trial)[5].test) for trial in range(4)}
    assert len(tests) == 1
    assert len({protocol.seed_of(trial) for trial in range(4)}) == 4


def test_the_key_of_random_draws_is_what_it_was_before_prefixes():
    drawn = Protocol(sizes=(5,))
    assert list(drawn.split_key()) == ["seed", "test", "split", "group", "reference"]
    assert drawn.replace(draw="prefix").split_key() != drawn.split_key()


@pytest.mark.parametrize(
    ("protocol", "n_pool", "words"),
    [
        (Protocol(sizes=(7, 100)), 100, "train size 100 is too large.*at most 98"),
        (Protocol(sizes=(7, 60), test=50), 100, "train size 60 is too large.*at most 50"),
        (Protocol(sizes=(51,), split="halves"), 100, "train size 51 is too large.*at most 50"),
        (
            Protocol(sizes=(50,), reference=60),
            100,
            "train size 50.*beside the 60 of the reference.*at most 38",
        ),
    ],
)
def test_a_training_size_that_does_not_fit_is_refused(protocol: Protocol, n_pool: int, words: str):
    with pytest.raises(InvalidArgument, match=words):
        protocol.splits(n_pool, 0)


def test_a_class_split_that_leaves_nothing_to_test_is_refused():
    with pytest.raises(InvalidArgument, match="leaves 0 architectures"):
        Protocol(sizes=(3,), group="nats-v1").splits(20, 0, classes=np.zeros(20, dtype=np.int64))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sizes": ()}, "sizes"),
        ({"sizes": (1,)}, "at least 2"),
        ({"sizes": (7, 7)}, "twice"),
        ({"sizes": (7,), "trials": 0}, "trials=0"),
        ({"sizes": (7,), "seed": -1}, "seed=-1"),
        ({"sizes": (7,), "seed": np.random.default_rng(0)}, "integer"),
        ({"sizes": (7,), "split": "thirds"}, "thirds"),
        ({"sizes": (7,), "draw": "first"}, "draw='first'"),
        ({"sizes": (7,), "test": 1}, "test=1"),
        ({"sizes": (7,), "reference": -1}, "reference=-1"),
    ],
)
def test_illegal_fields_are_refused(fields, words: str, as_users_call_it):
    with pytest.raises(InvalidArgument, match=words):
        Protocol(**fields)


def test_group_and_classes_go_together():
    with pytest.raises(InvalidArgument, match="go together"):
        Protocol(sizes=(3,), group="nats-v1").splits(20, 0)


def test_presets():
    assert preset("flan", sizes=(7, 39, 78)) == Protocol(sizes=(7, 39, 78), trials=3, test=7813)
    assert preset("ta_gates", sizes=(78,), seed=4) == Protocol(sizes=(78,), trials=9, seed=4, split="halves")
    with pytest.raises(InvalidArgument, match="'flan', 'ta_gates' or 'cole'"):
        preset("gates", sizes=(7,))


GOLDEN_TRAIN = [81, 94, 89, 76, 72]
GOLDEN_SEED = 3581274545
