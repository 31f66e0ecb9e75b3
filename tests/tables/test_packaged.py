"""Tables that ship with the package: whole, small, and what their datasheets say."""

from __future__ import annotations

import numpy as np
import pytest

import archenc
from archenc.errors import InvalidArgument
from archenc.spaces import space
from archenc.suite_zero import PROXIES
from archenc.tables.packaged import packaged, packaged_path

LAST = "digits_val_accuracy_16ep"


@pytest.fixture(scope="module")
def table() -> archenc.BenchmarkTable:
    return archenc.digits201()


def test_it_comes_with_the_package_and_is_small():
    assert "digits201" in packaged()
    path = packaged_path("digits201")
    assert path is not None
    assert path.stat().st_size < 3_000_000


def test_it_has_each_class_of_cells_once(table):
    nb201 = space("nasbench201")
    assert table.space == "nasbench201"
    assert len(table) == 6466
    assert len({nb201.parse(text).id("nats-v1") for text in table.spellings()}) == 6466


def test_every_cell_was_trained_thrice_and_the_mean_is_the_mean(table):
    assert set(table.values("digits_runs")) == {3.0}
    for name in (LAST, "digits_val_accuracy_4ep", "digits_test_loss_16ep"):
        seeds = np.stack([table.values(f"{name}_seed{seed}") for seed in range(3)])
        there = ~np.isnan(seeds).any(0)
        assert there.mean() > 0.999
        assert np.allclose(table.values(name)[there], seeds.mean(0)[there], atol=1e-4)
    accuracy = table.values(LAST)
    assert accuracy.min() >= 0
    assert accuracy.max() <= 100
    assert table.resolve(LAST).direction == "max"


def test_architectures_differ_by_more_than_seeds(table):
    first, second = (table.values(f"{LAST}_seed{seed}") for seed in (0, 1))
    assert archenc.kendall_tau(true=first, pred=second) > 0.7


def test_it_has_the_thirteen_proxies(table):
    for name in PROXIES:
        values = table.values(f"digits_zc64_{name}")
        assert np.isnan(values).mean() < 0.05
        assert np.nanstd(values) > 0
    params = 1e6 * table.values("digits_zc64_params")
    assert np.allclose(params, np.round(params), atol=1e-6), "a whole number of parameters, in millions"


def test_a_name_that_does_not_come_with_it_is_refused():
    assert packaged_path("digits202") is None
    with pytest.raises((archenc.ArchencError, InvalidArgument)):
        archenc.BenchmarkTable.open("digits202")


def test_einspace_digits_is_small_whole_and_has_what_experiments_ask_for():
    path = packaged_path("einspace_digits")
    assert path is not None
    assert path.stat().st_size < 200_000
    table = archenc.BenchmarkTable.open("einspace_digits")
    assert (table.space, len(table)) == ("einspace", 350)
    record = table.values("digits_val_accuracy_8ep")
    seeds = [table.values(f"digits_val_accuracy_8ep_seed{seed}") for seed in (0, 1)]
    assert np.allclose(record, np.mean(seeds, axis=0), atol=1e-4, equal_nan=True)
    learned = table.values("digits_val_accuracy_8ep_learned")
    assert np.array_equal(~np.isnan(learned), record > 15)
    assert np.nanmin(table.values("digits_params")) >= 10
    member = space("einspace")
    archs = table.architectures(np.arange(0, 350, 50))
    assert [member.format(arch) for arch in archs] == table.spellings(np.arange(0, 350, 50))
    assert {dict(arch.attributes)["height"] for arch in archs} == {8}
