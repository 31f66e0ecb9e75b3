from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark
from archenc.tables.importers import benchmark

from .conftest import N, number, replace_column, spelt

PICKLE = "nb201/mini-bench-arch-cell-accs.pd"


def bring_in(folder: Path, tmp_path: Path, **options) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("nb201", folder, home=tmp_path / "home", verify=False, **options)
    return report, BenchmarkTable.open(report.table)


def test_the_catalogue_of_metrics_is_consistent():
    metrics = {}
    for source in benchmark("nasbench201").sources:
        for field in source.fields:
            assert metrics.setdefault(field.metric.name, field.metric) == field.metric, (
                "two meanings of a name"
            )
    assert len(metrics) == 239 + 42, "of public files, and of the authors' own distributions"
    for name, metric in metrics.items():
        assert name.replace("_", "").isalnum(), "usable in SQL without quotes"
        assert metric.note
        if metric.quantity == "accuracy":
            assert metric.split in ("val", "test")
            assert f"_{metric.epochs}ep" in name
            assert f"_{metric.split}_" in name
            assert metric.direction == "max"
            assert metric.unit in ("percent", "fraction")
        if metric.quantity in ("latency", "energy"):
            assert (metric.direction, metric.unit) == (
                "min",
                {"latency": "ms", "energy": "mJ"}[metric.quantity],
            )


def test_every_file_lands_in_its_columns(folder: Path, tmp_path: Path):
    report, table = bring_in(folder, tmp_path)
    assert len(table) == 15625
    assert len(report.files) == 15
    assert report.conflicts == []
    expected = {
        "cifar10_val_accuracy_200ep": "accuracy",
        "cifar100_ntk": "score",
        "cifar10_nasi": "score_nasi",
        "imagenet16_naswot": "score_naswot",
        "cifar100_test_accuracy_200ep": "CIFAR100TestAccuracy200Epochs",
        "imagenet16_val_accuracy_200ep_one_run": "ImageNet16-120",
        "cifar10_zen": "zen",
        "cifar100_zen_seconds": "zen time",
        "cifar10_val_accuracy_12ep": "cifar10-val",
        "imagenet16_test_accuracy_12ep": "imagenet-test",
        "cifar10_zc64_synflow": "synflow",
        "imagenet16_zc64_epe_nas": "epe_nas",
        "cifar10_flops": "flops",
        "imagenet16_edgegpu_energy": "edgegpu_energy",
        "cifar10_pixel3_latency": "pixel3_latency",
        "latency_raspi4": "raspi4_latency",
        "cifar10_robust_aa_apgd_ce_eps0_5": "aa_apgd-ce@Linf_eps-0.5",
        "cifar10_robust_fgsm_eps255": "fgsm@Linf_eps-255.0",
        "arch2vec_15": "embeddings_15",
    }
    for metric, column in expected.items():
        values = table.values(metric)
        np.testing.assert_array_equal(values[:N], [number(i, column) for i in range(N)], err_msg=metric)
        assert np.isnan(values[N:]).all(), metric
    assert table.select("cifar10_zc32_snip").tolist() == list(range(3, 9))
    assert table.values("cifar10_zc32_snip_seconds", [5])[0] == number(5, "snip time")
    assert table.values("latency_titanxp_256", [7])[0] == int(number(7, "titanxp_256"))
    assert table.values("cifar10_params", [7])[0] == number(7, "params") * 1e6
    labels = table.values("isomorphism_class", list(range(N)))
    assert len(set(labels.tolist())) == N // 4
    assert labels[0] == labels[3] != labels[4]


def test_absent_files_are_named_and_their_metrics_asked_for(folder: Path, tmp_path: Path):
    (folder / "nb201/nats_bench.csv").unlink()
    (folder / "nb201/nb201_zen.zip").unlink()
    report, table = bring_in(folder, tmp_path)
    assert report.absent["cifar10_test_accuracy_200ep"] == "nb201/nats_bench.csv"
    assert report.absent["cifar100_zen"] == "nb201/nb201_zen.zip"
    assert "cifar10_val_accuracy_12ep" not in report.absent, "the CSV stands in for the absent pickle"
    # other files give these two, so they are there, from there
    source = table.resolve("cifar10_val_accuracy_200ep_one_run").source
    assert source == "nb201/zc_nasbench201.json; nb201/robustness_targets.csv"
    assert table.select("cifar10_zen").tolist() == list(range(N))
    with pytest.raises(
        KeyError, match=r"imported without it, as the file nb201/nats_bench\.csv was not there"
    ):
        table.values("cifar10_test_accuracy_200ep")


def test_a_folder_without_any_file(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"none of the files of nasbench201 is there; expected any of nb201/Cif"
    ):
        import_benchmark("nb201", tmp_path, home=tmp_path)
    assert not (tmp_path / "tables").exists()


def test_contradicting_sources_are_reported(folder: Path, tmp_path: Path):
    nb = folder / "nb201"
    replace_column(nb / "robustness_targets.csv", "val_accs", lambda i: number(i, "cifar10") + (i == 11))
    replace_column(nb / "hw_cifar10.csv", "raspi4_latency", lambda i: number(i, "raspi4_latency") + (i == 12))
    replace_column(nb / "nb201_zc_proxies.csv", "params", lambda i: number(i, "params") + (i == 13))
    report, table = bring_in(folder, tmp_path)
    found = {(c.metric, c.architecture): (c.kept, c.other) for c in report.conflicts}
    one_run, raspi4 = "cifar10_val_accuracy_200ep_one_run", "latency_raspi4"
    assert found == {
        (one_run, spelt(11)): (number(11, "cifar10"), number(11, "cifar10") + 1),
        (raspi4, spelt(12)): (number(12, "raspi4_latency"), number(12, "raspi4_latency") + 1),
        ("cifar10_params", spelt(13)): (number(13, "params") * 1e6, (number(13, "params") + 1) * 1e6),
    }
    assert table.values(one_run, [11])[0] == number(11, "cifar10")
    stored = json.loads(report.report.read_text())
    assert {(c["metric"], c["other_source"]) for c in stored["conflicts"]} == {
        (one_run, "nb201/robustness_targets.csv"),
        (raspi4, "nb201/hw_cifar10.csv"),
        ("cifar10_params", "nb201/nb201_zc_proxies.csv"),
    }
    assert sum(c["conflicts"] for c in table.provenance["comparisons"]) == 3
    _, table = bring_in(folder, tmp_path, on_conflict="missing")
    assert np.isnan(table.values(one_run, [11])[0])
    with pytest.raises(DataError, match="3 contradicting values"):
        bring_in(folder, tmp_path, on_conflict="fail")


def test_sentinels_become_missing(folder: Path, tmp_path: Path):
    nb = folder / "nb201"
    replace_column(nb / "nb201_zc_proxies.csv", "nwot", lambda i: -1e8 if i == 1 else 5)
    replace_column(nb / "hw_cifar10.csv", "edgetpu_latency", lambda i: -1 if i == 2 else 5)
    replace_column(nb / "Cifar100-NB201.csv", "score_naswot", lambda i: "-inf" if i == 3 else 5)
    replace_column(nb / "Cifar10-NB201.csv", "score_nasi", lambda i: "" if i == 4 else 5)
    replace_column(nb / "ImageNet-NB201.csv", "score", lambda i: 5.6e7)
    _, table = bring_in(folder, tmp_path)
    for row, metric, reason in (
        (1, "cifar10_zc64_nwot", "sentinel"),
        (2, "cifar10_edgetpu_latency", "-1 in the source"),
        (3, "cifar100_naswot", "infinite"),
        (4, "cifar10_nasi", "blank"),
    ):
        assert np.isnan(table.values(metric, [row])[0])
        assert [count for why, count in table.missing(metric).items() if reason in why] == [1]
    assert table.values("imagenet16_ntk", [0])[0] == 5.6e7


def test_known_files_are_verified_by_default(folder: Path, tmp_path: Path):
    with pytest.raises(
        DataError, match=r"Cifar10-NB201\.csv: truncated or altered: expected 1,298,488 bytes"
    ):
        import_benchmark("nb201", folder, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("nb201/hw_cifar10.csv", lambda text: text.replace("raspi4_latency", "raspi5"), "column 'raspi4"),
        ("nb201/hw_cifar10.csv", lambda text: text.replace("net", "arch", 1), "no column 'net'"),
        ("nb201/hw_cifar10.csv", lambda text: text[: len(text) // 2], "truncated, altered"),
        ("nb201/arch2vec_nb201_embeddings.csv", lambda text: text.replace('"(', '"(9, ', 1), "row 0: .*6"),
        ("nb201/nats_bench.csv", lambda text: text.replace("nor_conv_3x3", "conv9"), "'conv9'"),
        ("nb201/mini_nb201_12ep.csv", lambda text: text.replace("\n1,", "\n2,"), "row 1: its two spellings"),
        ("nb201/zc_nasbench201.json", lambda text: text.replace("cifar100", "cifar1000"), "unknown data"),
        ("nb201/zc_nasbench201.json", lambda text: text.replace("val_accuracy", "acc"), "val_accuracy"),
        ("nb201/zc_nasbench201.json", lambda text: text[:-100], "truncated, altered"),
        ("nb201/zc_nasbench201.json", lambda text: "[1, 2]", "unknown data sets|expected layout"),
        ("nb201/Cifar10-NB201.csv", lambda text: text.replace("\n0,0,", "\n0,99999,"), "index 99999"),
    ],
)  # fmt: skip
def test_files_of_another_layout(folder: Path, tmp_path: Path, name: str, damage, message: str):
    path = folder / name
    changed = damage(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(DataError, match=message) as caught:
        bring_in(folder, tmp_path)
    assert Path(name).name in str(caught.value)
    assert not (tmp_path / "home").exists()


def test_a_zip_and_an_npz_of_another_layout(folder: Path, tmp_path: Path):
    with zipfile.ZipFile(folder / "nb201/nb201_zen.zip", "w") as archive:
        archive.writestr("zen/benchmark--nasbench201--svhn--0.json", "[]")
    with pytest.raises(DataError, match="of no known data set"):
        bring_in(folder, tmp_path)
    with zipfile.ZipFile(folder / "nb201/nb201_zen.zip", "w") as archive:
        archive.writestr("zen/benchmark--nasbench201--cifar10--0.json", '[{"arch": "(0, 0, 0, 0, 0, 0)"}]')
    with pytest.raises(DataError, match="not of the expected layout"):
        bring_in(folder, tmp_path)
    (folder / "nb201/nb201_zen.zip").unlink()
    np.savez(folder / "latency/help_nb201_latency_27dev.npz", fpga=np.arange(3), raspi4=np.arange(4))
    with pytest.raises(DataError, match="arrays of one length"):
        bring_in(folder, tmp_path)


# ------------------------------------------------------------------ the real files


def test_the_real_files_agree_with_their_description(nb201: BenchmarkTable, imported: ImportReport):
    assert len(nb201) == 15625
    assert set(imported.absent.values()) == {"nb201/NATS-tss-v1_0-3ffb9-simple.tar"}, "which users have"
    assert imported.conflicts == []
    maxima = {
        "cifar10_test_accuracy_200ep": 94.373,
        "cifar100_test_accuracy_200ep": 73.513,
        "imagenet16_test_accuracy_200ep": 47.311,
        "cifar10_val_accuracy_200ep": 0.9161,
        "cifar100_val_accuracy_200ep": 0.7349,
        "imagenet16_val_accuracy_200ep": 0.4673,
        "cifar10_val_accuracy_200ep_one_run": 91.57,
        "cifar100_val_accuracy_200ep_one_run": 73.26,
        "imagenet16_val_accuracy_200ep_one_run": 47.33,
        "cifar10_test_accuracy_12ep": 89.16,
        "cifar10_val_accuracy_12ep": 84.89,
        "cifar100_test_accuracy_12ep": 61.18,
        "cifar100_val_accuracy_12ep": 61.32,
        "imagenet16_test_accuracy_12ep": 38.27,
        "imagenet16_val_accuracy_12ep": 38.67,
    }
    for metric, maximum in maxima.items():
        values = nb201.values(metric)
        assert not np.isnan(values).any(), metric
        digits = 4 if "fraction" in nb201.resolve(metric).unit else len(str(maximum).split(".")[1])
        assert round(values.max(), digits) == maximum, metric


def test_what_is_missing_in_the_real_files(nb201: BenchmarkTable):
    missing = {
        "cifar10_nasi": 341,
        "cifar100_nasi": 263,
        "cifar10_naswot": 201,
        "imagenet16_zen": 341,
        "cifar10_edgetpu_latency": 4699,
        "cifar10_zc64_synflow": 15625 - 9445,
        "imagenet16_zc32_flops": 15625 - 724,
        "arch2vec_0": 15625 - 9445,
    }
    for metric, count in missing.items():
        assert len(nb201) - len(nb201.select(metric)) == count, metric
        assert sum(nb201.missing(metric).values()) == count
    assert nb201.values("imagenet16_ntk").max() > 1e7, "a smooth tail, no sentinel"
    disconnected = np.flatnonzero(np.isnan(nb201.values("cifar10_zen")))
    assert not any(nb201.architectures([row])[0].cells[0].is_connected for row in disconnected)


def test_the_join_is_by_architecture(nb201: BenchmarkTable):
    """The wrong order of edges in NASLib's tuples gives .73 for the first, and nonsense for the others."""
    from scipy.stats import spearmanr

    for dataset, rho in (("cifar10", 0.980), ("cifar100", 0.994), ("imagenet16", 0.996)):
        one_run = nb201.values(f"{dataset}_val_accuracy_200ep_one_run")
        found = spearmanr(one_run, nb201.values(f"{dataset}_test_accuracy_200ep")).statistic
        assert found == pytest.approx(rho, abs=6e-4)
    params = nb201.values("cifar10_params")
    zc = nb201.values("cifar10_zc64_params")
    rows = nb201.select("cifar10_zc64_params")
    np.testing.assert_allclose(zc[rows] * 1e6, params[rows], rtol=1e-12)


def test_generations_of_proxies_are_different_metrics(nb201: BenchmarkTable):
    both = nb201.select(["cifar10_zc32_jacov", "cifar10_zc64_jacov"])
    assert len(both) > 400
    batch32, batch64 = (np.median(nb201.values(f"cifar10_zc{b}_jacov", both)) for b in (32, 64))
    assert -40 < batch32 < -32
    assert -110 < batch64 < -64


def test_the_isomorphism_classes_are_those_of_the_graph(nb201: BenchmarkTable):
    from archenc.graph import class_labels

    ours = class_labels(nb201.architectures(), "nats-v1")
    theirs = nb201.values("isomorphism_class").astype(int)
    assert len(set(theirs)) == 6466
    np.testing.assert_array_equal(ours, theirs)


def test_all_public_files_are_read(imported: ImportReport, nb201: BenchmarkTable):
    assert len(imported.files) == 16
    assert all(file["verified"] for file in imported.files)
    assert len(nb201.metrics) == 239
    twelve = [c for c in imported.comparisons if c.metric.endswith("_12ep")]
    assert len(twelve) == 6, "pickle against CSV"
    assert all(c.rows == 15625 for c in twelve)


def test_importing_again_gives_the_same_bytes(imported: ImportReport, shared_data: Path, tmp_path: Path):
    again = import_benchmark("nasbench201", shared_data / "nb201", home=tmp_path)
    assert again.table.read_bytes() == imported.table.read_bytes()
    assert again.report.read_bytes() == imported.report.read_bytes()
    assert sorted(path.name for path in again.table.parent.iterdir()) == [
        "nasbench201.import.json",
        "nasbench201.parquet",
    ]


@pytest.mark.parametrize("name", [PICKLE, "nb201/nb201_zen.zip", "nb201/nats_bench.csv"])
def test_an_altered_copy_of_a_real_file_is_refused(shared_data: Path, tmp_path: Path, name: str):
    base = tmp_path / "copy"
    (base / name).parent.mkdir(parents=True)
    content = bytearray((shared_data / name).read_bytes())
    content[len(content) // 2] ^= 1
    (base / name).write_bytes(content)
    with pytest.raises(
        DataError, match=f"{Path(name).name}: truncated or altered: expected .* found SHA-256"
    ):
        import_benchmark("nb201", base, home=tmp_path)
    (base / name).write_bytes(content[:1000])
    with pytest.raises(DataError, match="found 1,000 bytes"):
        import_benchmark("nb201", base, home=tmp_path)
    with pytest.raises(DataError, match=Path(name).name):
        import_benchmark("nb201", base, home=tmp_path, verify=False)
