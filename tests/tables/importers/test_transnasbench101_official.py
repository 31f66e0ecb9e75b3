from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark
from archenc.tables.importers.transnasbench101.tasks import TASKS

from .conftest import number

MICRO, MACRO = space("tnb101"), space("tnb101_macro")
CELLS = MICRO.sample(3, rng=8)
SKELETONS = MACRO.sample(2, rng=8)
FILE = "tnb101/transnas-bench_v10141024.pth"
EPOCHS = 5


def curve(i: int, name: str) -> list[float]:
    """Best at the second last epoch."""
    end = number(i, name)
    return [end - 3, end - 2, end - 1, end + 0.5, end]


def results(i: int) -> dict[str, Any]:
    """Every task of one network, in the layout of the authors' file."""
    content = {}
    for task, member in TASKS.items():
        names = [f"{split}_{name}" for split in ("train", "valid", "test") for name in (member.curve, "loss")]
        metrics = {name: curve(i, task + name) for name in [*names, "time_elapsed"]}
        info = {name: number(i, task + name) for name in ("encoder_params", "model_params", "model_FLOPs")}
        info |= {"encoder_FLOPs": np.float64(number(i, task)), "inference_time": torch.tensor(0.5)}
        content[task] = {"model_info": info, "total_epochs": EPOCHS, "metrics": metrics}
    return content


def database(n: int = len(CELLS)) -> dict[str, Any]:
    data = {
        "micro": {MICRO.format(arch): results(i) for i, arch in enumerate(CELLS[:n])},
        "macro": {MACRO.format(arch): results(i) for i, arch in enumerate(SKELETONS[:n])},
    }
    names = {task: ["valid_loss"] for task in TASKS}
    return {"metrics_dict": names, "info_names": ["model_params"], "task_list": [*TASKS], "data": data}


def write(folder: Path, content: object, zipped: bool = True) -> None:
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path, _use_new_zipfile_serialization=zipped)


def bring_in(name: str, tmp_path: Path) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark(name, tmp_path, home=tmp_path / "home")
    return report, BenchmarkTable.open(report.table)


def check(table: BenchmarkTable, rows: Any) -> None:
    for task, member in TASKS.items():
        for metric, name, more in (
            (f"{task}_val_{member.quantity}_final", f"valid_{member.curve}", 0),
            (f"{task}_val_{member.quantity}_best", f"valid_{member.curve}", 0.5),
            (f"{task}_test_{member.quantity}_final", f"test_{member.curve}", 0),
            (f"{task}_official_model_params", "model_params", 0),
        ):
            wanted = [number(i, task + name) + more for i in range(len(rows))]
            assert table.values(metric, rows).tolist() == wanted, metric
            assert len(table.select(metric)) == len(rows)
        assert set(table.values(f"{task}_official_inference_time", rows)) == {0.5}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_the_cells(tmp_path: Path, zipped: bool):
    write(tmp_path, database(), zipped)
    report, table = bring_in("tnb101", tmp_path)
    assert (len(table), report.conflicts) == (4096, [])
    check(table, table.rows(CELLS))


def test_the_skeletons(tmp_path: Path):
    write(tmp_path, database())
    report, table = bring_in("tnb101_macro", tmp_path)
    assert (len(table), report.absent) == (3256, {})
    check(table, table.rows(SKELETONS))


def test_curves_as_arrays_and_tensors(tmp_path: Path):
    content = database()
    for kind in (np.array, torch.tensor):
        for row in content["data"]["micro"].values():
            row["jigsaw"]["metrics"]["valid_top1"] = kind(row["jigsaw"]["metrics"]["valid_top1"])
        write(tmp_path, content)
        _, table = bring_in("tnb101", tmp_path)
        found = table.values("jigsaw_val_accuracy_best", table.rows(CELLS))
        np.testing.assert_allclose(found, [number(i, "jigsawvalid_top1") + 0.5 for i in range(3)], rtol=1e-6)


def test_what_the_file_lacks_is_missing(tmp_path: Path):
    content = database()
    row = content["data"]["micro"][MICRO.format(CELLS[1])]
    del row["normal"]["metrics"]["valid_ssim"]
    row["normal"]["model_info"]["model_params"] = None
    write(tmp_path, content)
    _, table = bring_in("tnb101", tmp_path)
    rows = table.rows(CELLS)
    for metric in ("normal_val_ssim_best", "normal_val_ssim_final", "normal_official_model_params"):
        assert np.isnan(table.values(metric, rows)).tolist() == [False, True, False]


def _no_data(content: dict) -> None:
    del content["data"]


def _no_task(content: dict) -> None:
    del content["data"]["micro"][MICRO.format(CELLS[0])]["jigsaw"]


def _no_epoch(content: dict) -> None:
    content["data"]["micro"][MICRO.format(CELLS[0])]["jigsaw"]["metrics"]["valid_top1"] = []


def _text(content: dict) -> None:
    content["data"]["micro"][MICRO.format(CELLS[0])]["jigsaw"]["metrics"]["valid_top1"] = ["high"]


def _name(content: dict) -> None:
    content["data"]["micro"]["64-41414-9_99_999"] = results(4)


def _shared(content: dict) -> None:
    tasks = content["data"]["micro"][MICRO.format(CELLS[0])]
    tasks["normal"]["metrics"]["valid_ssim"] = tasks["autoencoder"]["metrics"]["valid_ssim"]


def _nobody(content: dict) -> None:
    content["data"]["micro"] = {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_data, "data"),
        (_no_task, "jigsaw"),
        (_no_epoch, "without epochs"),
        (_text, "high"),
        (_name, "row 3"),
        (_shared, "read already"),
        (_nobody, "no architecture of the space 'micro'"),
    ],
)
def test_files_of_another_layout(tmp_path: Path, change, message: str):
    content = database()
    change(content)
    write(tmp_path, content)
    with pytest.raises(DataError, match=message) as caught:
        bring_in("tnb101", tmp_path)
    assert Path(FILE).name in str(caught.value)


class Evil:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple:
        return (os.system, (f"touch {self.trap}",))


def test_a_malicious_file_does_nothing(tmp_path: Path):
    content = database()
    content["data"]["macro"]["evil"] = Evil(tmp_path / "trap")
    write(tmp_path, content)
    with pytest.raises(DataError, match=r"refused: the pickle asks for \w+\.system"):
        bring_in("tnb101", tmp_path)
    assert not (tmp_path / "trap").exists()
