from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import BenchmarkTable, ImportReport, import_benchmark
from archenc.tables.importers import benchmark

from . import results
from .conftest import spelt
from .results import accuracy, seeds_of

INDICES = [0, 3, 11]
SIMPLE = "NATS-tss-v1_0-3ffb9-simple"
WHOLE = "NATS-tss-v1_0-3ffb9.pickle.pbz2"
FILE = "NAS-Bench-201-v1_1-096897.pth"
OLDEST = "NAS-Bench-201-v1_0-e61699.pth"
NAMES = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16": "ImageNet16-120"}


def bring_in(folder: Path, tmp_path: Path, **options) -> tuple[ImportReport, BenchmarkTable]:
    report = import_benchmark("nb201", folder, home=tmp_path / "home", **options)
    return report, BenchmarkTable.open(report.table)


def save(folder: Path, layout: str) -> None:
    """Write one of the five forms in which the results are distributed."""
    nb = folder / "nb201"
    nb.mkdir(parents=True)
    content = results.whole(INDICES, ("less", "full"))
    if layout == "folder":
        results.write_parts(nb / SIMPLE, INDICES)
    elif layout == "tar":
        results.write_tar(nb / f"{SIMPLE}.tar", results.write_parts(folder / "loose" / SIMPLE, INDICES))
    elif layout == "one pickle":
        results.write_packed(nb / WHOLE, results.whole(INDICES))
    else:
        torch.save(content, nb / FILE, _use_new_zipfile_serialization=layout == "zip")


@pytest.mark.parametrize("layout", ["folder", "tar", "one pickle", "zip", "legacy"])
def test_every_layout_gives_every_training(tmp_path: Path, layout: str):
    save(tmp_path / "public", layout)
    report, table = bring_in(tmp_path / "public", tmp_path)
    assert [file["verified"] for file in report.files] == [False], "nobody has published a checksum"
    assert len(table) == 15625
    for dataset, name in NAMES.items():
        half = "cifar10-valid" if name == "cifar10" else name
        test = "ori-test" if name == "cifar10" else "x-test"
        for epochs in (12, 200):
            for metric, training, on in (
                (f"{dataset}_val_accuracy_{epochs}ep", half, "x-valid"),
                (f"{dataset}_test_accuracy_{epochs}ep", name, test),
            ):
                scale = 0.01 if table.resolve(metric).unit == "fraction" else 1
                runs = {
                    index: {
                        seed: accuracy(index, epochs, training, on, seed) for seed in seeds_of(index, epochs)
                    }
                    for index in INDICES
                }
                means = [np.mean(list(runs[index].values())) * scale for index in INDICES]
                assert table.select(metric).tolist() == INDICES
                np.testing.assert_allclose(table.values(metric, INDICES), means, rtol=1e-12, err_msg=metric)
                one = table.values(f"{metric}_seed888", INDICES)
                wanted = [runs[index].get(888, np.nan) * scale for index in INDICES]
                np.testing.assert_allclose(one, wanted, rtol=1e-12, err_msg=metric)
            seconds = table.values(f"{dataset}_training_seconds_{epochs}ep", INDICES)
            assert seconds.tolist() == [(0.5 + index) * results.KEPT for index in INDICES]
    assert table.values("cifar100_params", INDICES).tolist() == [(0.25 + i) * 1e6 for i in INDICES]
    np.testing.assert_array_equal(table.values("cifar10_latency_nats", INDICES), [np.nan, 250, 250])
    assert table.resolve("cifar10_val_accuracy_200ep").unit == "fraction"
    assert table.missing("cifar10_test_accuracy_200ep_seed999") == {
        "blank in the source": 1,
        "not in the source": 15622,
    }


def test_objects_of_the_authors_classes_are_read_by_their_state(tmp_path: Path, monkeypatch):
    module = ModuleType("nas_201_api.api_utils")
    monkeypatch.setitem(sys.modules, "nas_201_api", ModuleType("nas_201_api"))
    monkeypatch.setitem(sys.modules, "nas_201_api.api_utils", module)
    for name in ("ArchResults", "ResultsCount"):
        made = type(name, (), {"__module__": module.__name__})
        monkeypatch.setattr(module, name, made, raising=False)

    def thing(name: str, state: dict) -> object:
        made = getattr(module, name)()
        made.__dict__.update(state)
        return made

    content = results.whole([3], ("less", "full"))
    for settings in content["arch2infos"].values():
        for name, arch in settings.items():
            arch["all_results"] = {k: thing("ResultsCount", v) for k, v in arch["all_results"].items()}
            settings[name] = thing("ArchResults", arch)
    (tmp_path / "nb201").mkdir()
    torch.save(content, tmp_path / "nb201" / FILE)
    _, table = bring_in(tmp_path, tmp_path)
    expected = accuracy(3, 200, "cifar10", "ori-test", 888)
    assert table.values("cifar10_test_accuracy_200ep_seed888", [3])[0] == expected


def test_the_oldest_layout_has_fewer_curves_under_other_names(tmp_path: Path):
    content = results.whole([3], ("less", "full"))
    for settings in content["arch2infos"].values():
        for arch in settings.values():
            for run in arch["all_results"].values():
                run["train_accs"], run["eval_accs"] = run.pop("train_acc1es"), run.pop("eval_acc1es")
                for name in ("train_acc5es", "train_times", "eval_times"):
                    del run[name]
    (tmp_path / "nb201").mkdir()
    torch.save(content, tmp_path / "nb201" / OLDEST, _use_new_zipfile_serialization=False)
    _, table = bring_in(tmp_path, tmp_path)
    expected = accuracy(3, 200, "cifar10", "ori-test", 888)
    assert table.values("cifar10_test_accuracy_200ep_seed888", [3])[0] == expected
    assert len(table.select("cifar10_training_seconds_200ep")) == 0


def test_two_distributions_and_the_public_csv_are_compared(tmp_path: Path):
    save(tmp_path / "public", "folder")
    content = results.whole(INDICES, ("less", "full"))
    changed = content["arch2infos"][11]["full"]["all_results"]["cifar100", 888]
    changed["eval_acc1es"]["x-test@199"] += 3
    torch.save(content, tmp_path / "public" / "nb201" / FILE)
    report, table = bring_in(tmp_path / "public", tmp_path)
    mean = np.mean([accuracy(11, 200, "cifar100", "x-test", seed) for seed in seeds_of(11, 200)])
    assert {(c.metric, c.architecture): (c.kept, c.other) for c in report.conflicts} == {
        ("cifar100_test_accuracy_200ep", spelt(11)): (mean, pytest.approx(mean + 1)),
        ("cifar100_test_accuracy_200ep_seed888", spelt(11)): (
            accuracy(11, 200, "cifar100", "x-test", 888),
            accuracy(11, 200, "cifar100", "x-test", 888) + 3,
        ),
    }
    assert table.values("cifar100_test_accuracy_200ep", [11])[0] == mean


def test_metrics_are_those_of_the_other_files_where_they_mean_the_same():
    given = {}
    for source in benchmark("nasbench201").sources:
        for field in source.fields:
            given.setdefault(field.metric.name, set()).add(source.file)
    official = f"nb201/{SIMPLE}.tar"
    both = {name for name, files in given.items() if official in files and len(files) > 4}
    assert both == {
        f"{dataset}_{rest}"
        for dataset in NAMES
        for rest in (
            "val_accuracy_200ep",
            "test_accuracy_200ep",
            "val_accuracy_12ep",
            "test_accuracy_12ep",
            "params",
        )
    }


def _index(content: dict) -> None:
    content["arch2infos"][3]["less"]["arch_index"] = 4


def _spelling(content: dict) -> None:
    for name in ("less", "full"):
        content["arch2infos"][3][name]["arch_str"] = spelt(5)


def _setting(content: dict) -> None:
    content["arch2infos"][3]["90"] = content["arch2infos"][3]["full"]


def _seed(content: dict) -> None:
    all_results = content["arch2infos"][3]["full"]["all_results"]
    all_results["cifar100", 111] = all_results.pop(("cifar100", 777))


def _epochs(content: dict) -> None:
    content["arch2infos"][3]["full"] = content["arch2infos"][3]["less"]


def _curve(content: dict) -> None:
    all_results = content["arch2infos"][3]["full"]["all_results"]
    all_results["cifar100", 888]["eval_acc1es"] = all_results["cifar100", 777]["eval_acc1es"]


def _text(content: dict) -> None:
    content["arch2infos"][3]["full"]["all_results"]["cifar10", 777]["eval_acc1es"]["ori-test@199"] = "93"


def _twice(content: dict) -> None:
    content["arch2infos"][5] = content["arch2infos"][3]


def _no_results(content: dict) -> None:
    del content["arch2infos"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_index, "expected the results of one architecture, found those of 2"),
        (_spelling, "row 1: its two spellings are of different architectures"),
        (_setting, "unknown setting '90'"),
        (_seed, "with seed 777 and 200 epochs, where 111 and 200"),
        (_epochs, "12 epochs, where 777 and 200 are announced"),
        (_curve, "one and the same curve"),
        (_text, "a str where a number should be"),
        (_twice, "occurs more than once"),
        (_no_results, "arch2infos"),
    ],
)
def test_results_that_contradict_themselves(tmp_path: Path, change, message: str):
    content = results.whole(INDICES, ("less", "full"))
    change(content)
    (tmp_path / "nb201").mkdir()
    torch.save(content, tmp_path / "nb201" / FILE)
    with pytest.raises(DataError, match=message) as caught:
        bring_in(tmp_path, tmp_path)
    assert FILE in str(caught.value)


def test_a_part_under_the_name_of_another(tmp_path: Path):
    save(tmp_path, "folder")
    parts = tmp_path / "nb201" / SIMPLE
    (parts / "000003.pickle.pbz2").rename(parts / "000004.pickle.pbz2")
    with pytest.raises(DataError, match=r"000004\.pickle\.pbz2: holds architecture 3"):
        bring_in(tmp_path, tmp_path)


def test_a_folder_without_parts_and_a_bomb(tmp_path: Path):
    parts = tmp_path / "nb201" / SIMPLE
    parts.mkdir(parents=True)
    with pytest.raises(DataError, match=r"no file 000000\.pickle\.pbz2"):
        bring_in(tmp_path, tmp_path)
    results.write_packed(parts / "000000.pickle.pbz2", bytes(1 << 27))
    assert (parts / "000000.pickle.pbz2").stat().st_size < 1000
    with pytest.raises(DataError, match="unpacks to more than 67,108,864 bytes"):
        bring_in(tmp_path, tmp_path)


class Evil:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple:
        return (os.system, (f"touch {self.trap}",))


def test_a_malicious_part_does_nothing(tmp_path: Path):
    trap = tmp_path / "trap"
    content = results.architecture(0)
    content["200"]["all_results"]["cifar10", 777]["net_state_dict"] = Evil(trap)
    results.write_packed(tmp_path / "nb201" / SIMPLE / "000000.pickle.pbz2", content)
    with pytest.raises(DataError, match=r"refused: the pickle asks for \w+\.system"):
        bring_in(tmp_path, tmp_path)
    assert not trap.exists()


def test_the_spellings_in_these_files_are_those_of_the_space():
    assert space("nb201").parse(spelt(3)).id() == space("nb201").parse(3).id()
