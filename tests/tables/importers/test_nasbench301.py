from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.suite_zero import PROXIES
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark
from archenc.tables.importers import benchmark

from .conftest import number

NB301 = space("nb301")
ARCHS = NB301.sample(12, rng=3)
SCORED, TRAINED = ARCHS[:5], ARCHS[5:]
TWELVE = [proxy for proxy in PROXIES if proxy != "zen"]


def tuples(arch) -> str:
    """As the lists of trained architectures spell it: tuples throughout."""
    return NB301.format(arch)


def lists(arch) -> str:
    """As the score file spells it: lists of tuples."""
    cells = json.loads(tuples(arch).replace("(", "[").replace(")", "]"))
    return str([[(source, op) for source, op in cell] for cell in cells])


def logs(path: Path, proxy: str) -> None:
    rows = [
        {"idx": str(i), "arch": tuples(arch), proxy: {"score": number(i, proxy), "time": number(i, "time")}}
        for i, arch in enumerate(TRAINED)
    ]
    with zipfile.ZipFile(path, "w") as archive:
        for start in (4, 0):
            part = rows[start : start + 4]
            archive.writestr(f"{proxy}/benchmark--nasbench301--cifar10--{start}.json", json.dumps(part))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four public files in small: made-up numbers, five scored and seven trained architectures."""
    nb = tmp_path / "public" / "nb301"
    nb.mkdir(parents=True)
    scored = {
        lists(arch): {
            "idx": str(i),
            "arch": lists(arch),
            "val_accuracy": number(i, "accuracy"),
            **{p: {"score": number(i, p), "time": number(i, f"{p} time")} for p in TWELVE},
        }
        for i, arch in enumerate(SCORED)
    }
    (nb / "zc_nasbench301.json").write_text(json.dumps({"cifar10": scored}))
    (nb / "archs_nasbench301.json").write_text(json.dumps({str(i): tuples(a) for i, a in enumerate(TRAINED)}))
    for proxy in ("zen", "nwot"):
        logs(nb / f"nb301_{proxy}.zip", proxy)
    return nb.parent


def bring_in(folder: Path, tmp_path: Path, **options) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("nb301", folder, home=tmp_path / "home", verify=False, **options)
    return report, BenchmarkTable.open(report.table)


def test_every_file_lands_in_its_columns(folder: Path, tmp_path: Path):
    report, table = bring_in(folder, tmp_path)
    assert len(table) == 12
    assert report.conflicts == []
    assert report.absent == {}
    assert [arch.id() for arch in table.architectures()] == [arch.id() for arch in ARCHS]
    expected = {
        "cifar10_val_accuracy_surrogate": (SCORED, "accuracy", 1),
        "cifar10_zc32_synflow": (SCORED, "synflow", 1),
        "cifar10_zc32_snip_seconds": (SCORED, "snip time", 1),
        "cifar10_params": (SCORED, "params", 1e6),
        "cifar10_flops": (SCORED, "flops", 1),
        "cifar10_zen": (TRAINED, "zen", 1),
        "cifar10_nwot": (TRAINED, "nwot", 1),
        "cifar10_nwot_seconds": (TRAINED, "time", 1),
    }
    for metric, (archs, column, scale) in expected.items():
        rows = table.select(metric)
        start = 0 if archs is SCORED else len(SCORED)
        assert rows.tolist() == list(range(start, start + len(archs))), metric
        wanted = [number(i, column) * scale for i in range(len(archs))]
        np.testing.assert_allclose(table.values(metric, rows), wanted, rtol=1e-12, err_msg=metric)
    assert table.values("nb301_index", [5, 11]).tolist() == [0, 6]
    assert table.missing("nb301_index") == {"not in the source": 5}


def test_both_spellings_of_one_architecture_are_one_row(folder: Path, tmp_path: Path):
    rows = json.loads((folder / "nb301/archs_nasbench301.json").read_text())
    rows["7"] = tuples(SCORED[2])
    (folder / "nb301/archs_nasbench301.json").write_text(json.dumps(rows))
    _, table = bring_in(folder, tmp_path)
    assert len(table) == 12
    assert table.values("nb301_index", [2]).tolist() == [7]


def test_files_that_number_the_architectures_differently(folder: Path, tmp_path: Path):
    rows = {str(i): tuples(arch) for i, arch in enumerate(reversed(TRAINED))}
    (folder / "nb301/archs_nasbench301.json").write_text(json.dumps(rows))
    report, _ = bring_in(folder, tmp_path)
    assert len(report.conflicts) == 12, "all but the one in the middle, in two files"
    assert {conflict.metric for conflict in report.conflicts} == {"nb301_index"}
    with pytest.raises(DataError, match="contradicting"):
        bring_in(folder, tmp_path, on_conflict="fail")


def test_the_catalogue_of_metrics_is_consistent():
    metrics = [field.metric for source in benchmark("nasbench301").sources for field in source.fields]
    named = {metric.name: metric for metric in metrics}
    assert all(named[metric.name] == metric for metric in metrics), "two meanings of a name"
    assert len(named) == 32
    for metric in named.values():
        assert metric.note
        assert metric.name.replace("_", "").isalnum()
    accuracy = named["cifar10_val_accuracy_surrogate"]
    assert (accuracy.unit, accuracy.direction, accuracy.epochs) == ("percent", "max", None)
    assert "predictions" in accuracy.note


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("zc_nasbench301.json", lambda text: text.replace("cifar10", "svhn"), "unknown data sets"),
        ("zc_nasbench301.json", lambda text: text.replace("val_accuracy", "acc"), "val_accuracy"),
        ("zc_nasbench301.json", lambda text: text[:-9], "truncated, altered"),
        ("zc_nasbench301.json", lambda text: "{}", "cifar10"),
        ("archs_nasbench301.json", lambda text: text.replace('"0"', '"zero"'), "zero"),
        (
            "archs_nasbench301.json",
            lambda text: text.replace("(((0,", "(((9,").replace("(((1,", "(((9,"),
            "9",
        ),
        ("archs_nasbench301.json", lambda text: "[]", "found a list"),
    ],
)
def test_files_of_another_layout(folder: Path, tmp_path: Path, name: str, damage, message: str):
    path = folder / "nb301" / name
    changed = damage(path.read_text())
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(DataError, match=message) as caught:
        bring_in(folder, tmp_path)
    assert name in str(caught.value)


# ------------------------------------------------------------------ predictions of a user's own

PREDICTIONS = "nb301/nb301_predictions.csv"


def predict(folder: Path, header: str, *rows: str) -> None:
    (folder / PREDICTIONS).write_text("\n".join([header, *rows]) + "\n")


def test_predictions_name_their_metrics_and_join_by_any_spelling(folder: Path, tmp_path: Path):
    new = NB301.sample(1, rng=99)[0]
    header = "architecture,cifar10_val_accuracy_xgb:percent:max,cifar10_runtime_lgb:s:min,cifar10_x:1:none"
    rows = [
        f'"{lists(TRAINED[1])}",94.5,3600,1',
        f'"{tuples(SCORED[0])}",93.25,,2',
        f'"{tuples(new)}",92,1800,',
    ]
    predict(folder, header, *rows)
    report, table = bring_in(folder, tmp_path)
    assert len(table) == 13
    assert table.values("cifar10_val_accuracy_xgb", table.rows([new, TRAINED[1], SCORED[0]])).tolist() == [
        92,
        94.5,
        93.25,
    ]
    metric = table.resolve("cifar10_runtime_lgb")
    assert (metric.dataset, metric.unit, metric.direction) == ("cifar10", "s", "min")
    assert table.resolve("cifar10_x").direction is None
    assert "no training" in metric.note
    about = next(file for file in report.files if file["file"] == PREDICTIONS)
    assert (about["rows"], about["metrics"], about["verified"]) == (3, 3, False)


def test_predictions_of_a_known_metric_are_compared(folder: Path, tmp_path: Path):
    rows = [f'"{tuples(SCORED[i])}",{number(i, "accuracy") + (i == 2)}' for i in range(3)]
    predict(folder, "architecture,cifar10_val_accuracy_surrogate:percent:max", *rows)
    report, table = bring_in(folder, tmp_path)
    assert [(c.kept, c.other) for c in report.conflicts] == [
        (number(2, "accuracy"), number(2, "accuracy") + 1)
    ]
    assert "most likely predictions" in table.resolve("cifar10_val_accuracy_surrogate").note


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("architecture,accuracy", "{},1", "column 'accuracy'; expected 'architecture'"),
        ("architecture,cifar10_accuracy", "{},1", "NAME:UNIT:DIRECTION"),
        ("architecture,cifar10_accuracy:percent:up", "{},1", "NAME:UNIT:DIRECTION"),
        ("architecture,cifar10_zen:percent:max", "{},1", "cifar10_zen is known, in score, direction max"),
        ("arch,cifar10_a:percent:max", "{},1", "its header is 'arch, cifar10_a"),
        ("architecture", "{}", "its header is"),
        (
            "architecture,cifar10_a:percent:max",
            "{},high",
            "percent:max': 'high' is no number",
        ),
        ("architecture,cifar10_a:percent:max", "nonsense,1", "row 0"),
        ("architecture,cifar10_a:percent:max,cifar10_a:percent:max", "{},1,2", "expected layout"),
        ("", "", "its header is ''"),
    ],
)
def test_predictions_of_another_layout(folder: Path, tmp_path: Path, header: str, row: str, message: str):
    predict(folder, header, row.format(f'"{tuples(SCORED[0])}"'))
    with pytest.raises(DataError, match=message) as caught:
        bring_in(folder, tmp_path)
    assert "nb301_predictions.csv" in str(caught.value)


# ------------------------------------------------------------------ the real files


@pytest.fixture(scope="session")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    return import_benchmark("nb301", shared_data, home=tmp_path_factory.mktemp("home"))


def test_the_real_files_agree_with_their_description(real: ImportReport):
    table = BenchmarkTable.open(real.table)
    assert (real.rows, len(real.metrics), real.conflicts, real.absent) == (725 + 11_221, 32, [], {})
    accuracy = table.values("cifar10_val_accuracy_surrogate")
    labelled = np.flatnonzero(~np.isnan(accuracy))
    assert labelled.tolist() == list(range(725))
    assert (round(np.nanmin(accuracy), 2), round(np.nanmax(accuracy), 2)) == (91.24, 94.49)
    trained = table.select("nb301_index")
    assert sorted(table.values("nb301_index", trained)) == list(range(11_221))
    assert set(trained).isdisjoint(labelled), "none of the 725 is in the list"
    for metric in ("cifar10_zen", "cifar10_nwot"):
        assert table.select(metric).tolist() == trained.tolist()
    for proxy in TWELVE:
        assert table.select(f"cifar10_zc32_{proxy}").tolist() == labelled.tolist(), "no sentinels"
    compared = [c for c in real.comparisons if c.metric == "nb301_index"]
    assert [(c.rows, c.filled) for c in compared] == [(11_221, 0), (11_221, 0)]


def test_nwot_of_the_two_files_is_of_different_batches(real: ImportReport):
    table = BenchmarkTable.open(real.table)
    small, large = (np.nanmedian(table.values(metric)) for metric in ("cifar10_zc32_nwot", "cifar10_nwot"))
    assert 1.8 < large / small < 2.2
