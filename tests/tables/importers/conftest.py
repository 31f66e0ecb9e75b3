"""Made-up files in the layout of the public ones: 40 architectures, numbers of our own."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archenc.spaces import space
from archenc.suite_zero import PROXIES
from archenc.tables.importers.nasbench201.vocabulary import DATASETS

NB201 = space("nb201")
N = 40


def spelt(index: int, style: str = "native") -> str:
    return NB201.format(NB201.parse(index), style)


def number(index: int, column: str) -> float:
    """A number that depends on row and column, so that a mix-up shows; on a grid, so that text is exact."""
    return (index * 37 + sum(map(ord, column))) % 1000 / 8


def write_csv(path: Path, keys: dict[str, list], columns: list[str]) -> None:
    """One row an architecture, not in the order of the index unless the keys are the index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    order = range(N) if "index" in keys or "arch" in keys else reversed(range(N))
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*keys, *columns])
        for index in order:
            writer.writerow(
                [*(key[index] for key in keys.values()), *(number(index, column) for column in columns)]
            )


HARDWARE = [
    "edgegpu_latency",
    "edgegpu_energy",
    "raspi4_latency",
    "edgetpu_latency",
    "pixel3_latency",
    "eyeriss_latency",
    "eyeriss_energy",
    "eyeriss_arithmetic_intensity",
    "fpga_latency",
    "fpga_energy",
]
TWELVE = [
    f"{dataset}-{split}" for dataset in ("cifar10", "cifar100", "imagenet") for split in ("test", "val")
]
EPS = ["0.1", "0.5", "1.0", "2.0", "3.0", "4.0", "8.0"]
ATTACKS = [f"{attack}@Linf_eps-{eps}" for attack in ("aa_apgd-ce", "aa_square", "pgd") for eps in EPS] + [
    f"fgsm@Linf_eps-{eps}" for eps in ("0.1", "0.5", *(f"{e}.0" for e in (1, 2, 3, 4, 5, 6, 7, 8, 255)))
]
GPUS = [f"{gpu}_{b}" for gpu in ("1080ti", "2080ti", "titan_rtx", "titanx", "titanxp") for b in (1, 32, 256)]
OTHERS = "essential_ph_1 gold_6226 gold_6240 pixel2 samsung_a50 samsung_s7 silver_4114 silver_4210r"


def record(index: int, dataset: str, proxies: tuple[str, ...]) -> dict:
    scores = {
        proxy: {"score": number(index, proxy), "time": number(index, f"{proxy} time")} for proxy in proxies
    }
    return {
        "idx": str(index),
        "arch": spelt(index, "naslib"),
        "val_accuracy": number(index, dataset),
        **scores,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Every public file but the pickle, in small and made up, where sources overlap they agree."""
    base = tmp_path / "public"
    nb = base / "nb201"
    tuples = [spelt(i, "naslib") for i in range(N)]
    strings = [spelt(i) for i in range(N)]
    for prefix in ("Cifar10", "Cifar100", "ImageNet"):
        nasi = [] if prefix == "ImageNet" else ["score_nasi"]
        columns = ["num_param", "score", "accuracy", *nasi, "score_naswot"]
        write_csv(nb / f"{prefix}-NB201.csv", {"": list(range(N)), "index": list(range(N))}, columns)
    accuracies = [f"{name}TestAccuracy200Epochs" for name in ("CIFAR10", "CIFAR100", "ImageNet")]
    classes = [f"class {i // 4}" for i in range(N)]
    write_csv(nb / "nats_bench.csv", {"ArchitectureString": strings, "UniqueString": classes}, accuracies)
    write_csv(nb / "mini_nb201_12ep.csv", {"arch": list(range(N)), "cellstr": strings}, TWELVE)
    write_csv(nb / "nb201_zc_proxies.csv", {"net": tuples, "net_str": strings}, list(PROXIES))
    write_csv(nb / "nb201_ImageNet16-120_zc_proxies.csv", {"net": tuples}, list(PROXIES))
    for dataset in DATASETS:
        write_csv(nb / f"hw_{dataset}.csv", {"net": tuples}, HARDWARE)
    write_csv(nb / "robustness_targets.csv", {"net": tuples}, ATTACKS)
    robustness = (nb / "robustness_targets.csv").read_text().splitlines()
    clean = ["val_accs", *(str(number(index, "cifar10")) for index in reversed(range(N)))]
    (nb / "robustness_targets.csv").write_text(
        "\n".join(f"{line},{value}" for line, value in zip(robustness, clean, strict=True)) + "\n"
    )
    write_csv(nb / "arch2vec_nb201_embeddings.csv", {"net": tuples}, [f"embeddings_{i}" for i in range(16)])
    with zipfile.ZipFile(nb / "nb201_zen.zip", "w") as archive:
        archive.mkdir("zen")
        for dataset in DATASETS:
            for start in (0, 20):
                rows = [record(index, dataset, ("zen",)) for index in range(start, start + 20)]
                archive.writestr(f"zen/benchmark--nasbench201--{dataset}--{start}.json", json.dumps(rows))
    twelve = tuple(proxy for proxy in PROXIES if proxy != "zen")
    some = {name: {spelt(i, "naslib"): record(i, name, twelve) for i in range(3, 9)} for name in DATASETS}
    (nb / "zc_nasbench201.json").write_text(json.dumps(some))
    (base / "latency").mkdir()
    shared = {
        name: [number(i, f"{name}_latency") for i in range(N)]
        for name in ("eyeriss", "fpga", "pixel3", "raspi4")
    }
    own = {name: np.array([int(number(i, name)) for i in range(N)]) for name in [*GPUS, *OTHERS.split()]}
    np.savez(
        base / "latency" / "help_nb201_latency_27dev.npz",
        **own,
        **{k: np.array(v) for k, v in shared.items()},
    )
    # parameters: counts in one kind of file, millions in the other
    for prefix in ("Cifar10", "Cifar100", "ImageNet"):
        replace_column(nb / f"{prefix}-NB201.csv", "num_param", lambda i: number(i, "params") * 1e6)
    return base


def replace_column(path: Path, column: str, value) -> None:
    """Rewrite one column of a CSV file as a function of the row's official index."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        key = row.get("net") or row.get("cellstr") or row.get("ArchitectureString") or row.get("index")
        row[column] = value(int(NB201.format(NB201.parse(key), "index")))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
