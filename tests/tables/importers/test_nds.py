"""The importers of NDS and LaNAS, on generated files in the official layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import BenchmarkTable, import_benchmark
from archenc.tables.importers.nds import FILES

from .conftest import number


def record(name: str, i: int, arch) -> dict:
    said = json.loads(space(name).format(arch, "record"))
    said["net"] |= {"aux": False, "drop_prob": 0.0}
    errors = [number(i, f"epoch {epoch}") % 100 for epoch in range(4)]
    return {
        **said,
        "optim": {"base_lr": 0.1, "wd": 5e-4, "max_ep": 4, **said["optim"]},
        "test_ep_top1": errors,
        "train_ep_top1": errors[::-1],
        "min_test_top1": min(errors),
        "params": 1000 + i,
        "flops": 5000 + i,
        "rng_seed": i,
    }


def write(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{FILES[name]}.json").write_text(json.dumps(content))
    return folder


def brought_in(name: str, content: object, tmp_path: Path) -> BenchmarkTable:
    folder = write(tmp_path / "nds", name, content)
    return BenchmarkTable.open(import_benchmark(name, folder, home=tmp_path / "home").table)


@pytest.mark.parametrize("name", FILES)
def test_every_space_has_its_file(tmp_path, name):
    archs = space(name).sample(4, 1)
    table = brought_in(name, [record(name, i, arch) for i, arch in enumerate(archs)], tmp_path)
    dataset = "imagenet" if name.endswith("_in") else "cifar10"
    rows = table.rows(archs)
    final = table.values(f"{dataset}_test_accuracy_final")[rows]
    assert final.tolist() == [100 - number(i, "epoch 3") % 100 for i in range(4)]
    assert table.values(f"{dataset}_params")[rows].tolist() == [1000, 1001, 1002, 1003]
    assert table.architectures(rows) == archs


def test_top_and_mid_are_one_file_and_repeats_a_mean(tmp_path):
    archs = space("nds_darts").sample(3, 1)
    rows = [record("nds_darts", i, arch) for i, arch in enumerate([*archs, archs[0]])]
    table = brought_in("nds_darts", {"top": rows[:1], "mid": rows[1:]}, tmp_path)
    assert len(table) == 3
    best = table.values("cifar10_test_accuracy_best")[table.rows(archs[:1])]
    assert best.tolist() == [np.mean([100 - rows[0]["min_test_top1"], 100 - rows[3]["min_test_top1"]])]
    assert table.values("nds_trainings")[table.rows(archs)].tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    "content", [[], {}, {"top": []}, [5], [{}], [{"net": {"ds": [1]}}], [{"net": {"genotype": {}}}], "x"]
)
def test_another_layout_is_refused(tmp_path, content):
    folder = write(tmp_path / "nds", "nds_enas", content)
    with pytest.raises(DataError, match=r"ENAS\.json"):
        import_benchmark("nds_enas", folder, home=tmp_path / "home")


def test_a_record_without_a_genotype_is_named(tmp_path):
    rows = [record("nds_darts", i, arch) for i, arch in enumerate(space("nds_darts").sample(3, 1))]
    for other in ({"net": {"ds": [1]}}, {}, 5, {"net": None}):
        folder = write(tmp_path / "nds", "nds_darts", [*rows, other])
        with pytest.raises(DataError, match=r"DARTS\.json, record 3: .*has no net\.genotype"):
            import_benchmark("nds_darts", folder, home=tmp_path / "home")


def test_what_a_record_lacks_is_missing(tmp_path):
    archs = space("nds_darts").sample(4, 1)
    rows = [record("nds_darts", i, arch) for i, arch in enumerate(archs)]
    del rows[1]["flops"]
    rows[1]["params"] = None
    rows[2] |= {"test_ep_top1": [], "train_ep_top1": None}
    rows[3]["test_ep_top1"] = [40.0, float("nan"), 30.0, float("nan")]
    table = brought_in("nds_darts", rows, tmp_path)
    where = table.rows(archs)

    def missing(metric: str) -> list[bool]:
        return np.isnan(table.values(f"cifar10_{metric}")[where]).tolist()

    assert missing("flops") == missing("params") == [False, True, False, False]
    assert missing("train_accuracy_final") == [False, False, True, False]
    assert missing("test_accuracy_final") == [False, False, True, True]
    assert missing("test_accuracy_best") == [False, False, True, False]
    assert table.values("cifar10_test_accuracy_best")[where][3] == 70  # of the epochs before it diverged


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"test_ep_top1": 0}, "record 1: .*int"),
        ({"test_ep_top1": [5, "9"]}, "record 1: '9' where a number should be; expected lists of errors"),
        ({"params": [3]}, r"record 1: \[3\] where a number"),
        ({"flops": True}, "record 1: True where a number"),
        ({"net": {"genotype": {}, "width": 16}}, "row 1: genotype is .*needed: normal"),
    ],
)
def test_a_record_that_cannot_be_read_is_named(tmp_path, change, why):
    rows = [record("nds_darts", i, arch) for i, arch in enumerate(space("nds_darts").sample(3, 1))]
    rows[1] |= change
    folder = write(tmp_path / "nds", "nds_darts", rows)
    with pytest.raises(DataError, match=rf"DARTS\.json, {why}"):
        import_benchmark("nds_darts", folder, home=tmp_path / "home")


@pytest.mark.parametrize("lacks", ["test_ep_top1", "train_ep_top1", "params", "flops"])
def test_a_column_that_no_record_has_is_named(tmp_path, lacks):
    rows = [record("nds_darts", i, arch) for i, arch in enumerate(space("nds_darts").sample(2, 1))]
    for row in rows:
        del row[lacks]
    folder = write(tmp_path / "nds", "nds_darts", rows)
    with pytest.raises(DataError, match=f"no record has {lacks}"):
        import_benchmark("nds_darts", folder, home=tmp_path / "home")


def test_failed_trainings_of_lanas_are_missing(tmp_path):
    lanas = space("lanas")
    archs = lanas.sample(3, 0)
    folder = tmp_path / "lanas"
    folder.mkdir()
    content = dict(zip(map(lanas.format, archs), (90.5, 0.0, 88.25), strict=True))
    (folder / "total_trace.json").write_text(json.dumps(content))
    table = BenchmarkTable.open(import_benchmark("lanas", folder, home=tmp_path / "home", verify=False).table)
    found = table.values("cifar10_test_accuracy_trained")[table.rows(archs)]
    np.testing.assert_array_equal(found, [90.5, np.nan, 88.25])


@pytest.mark.shared_data
def test_the_published_lanas_file(shared_data, tmp_path):
    report = import_benchmark("lanas", shared_data, home=tmp_path)
    found = BenchmarkTable.open(report.table).values("cifar10_test_accuracy_trained")
    assert (report.rows, int(np.isnan(found).sum()), np.nanmax(found)) == (5402, 59, 93.43)
