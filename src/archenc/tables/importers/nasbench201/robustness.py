"""Accuracy on CIFAR-10 under four attacks of growing strength."""

from __future__ import annotations

from pathlib import Path

from archenc.tables.importers.nasbench201.vocabulary import one_run
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.readers import read_csv

_PAPER = "Neural architecture design and robustness: a dataset (Jung et al., ICLR 2023)"
_EPS = ("0.1", "0.5", "1.0", "2.0", "3.0", "4.0", "8.0")
_ATTACKS = {
    "aa_apgd-ce": _EPS,
    "aa_square": _EPS,
    "fgsm": (*_EPS[:-1], "5.0", "6.0", "7.0", "8.0", "255.0"),
    "pgd": _EPS,
}


def _metric(attack: str, eps: str) -> Metric:
    strength = eps.removesuffix(".0").replace(".", "_")
    return Metric(
        name=f"cifar10_robust_{attack.replace('-', '_')}_eps{strength}",
        dataset="cifar10",
        quantity="robust accuracy",
        epochs=200,
        unit="percent",
        direction="max",
        runs="one",
        note=f"under {attack}, L-infinity, eps {eps.removesuffix('.0')}/255; on a grid of 0.1 (so probably "
        f"of 1,000 images; the file names no split), hence some exceed the clean value; {_PAPER}",
    )


_FIELDS = (
    *(
        Field(f"{attack}@Linf_eps-{eps}", _metric(attack, eps))
        for attack, strengths in _ATTACKS.items()
        for eps in strengths
    ),
    Field("val_accs", one_run("cifar10")),
)


def _read(path: Path) -> list[Sheet]:
    numbers, texts = read_csv(path, [field.column for field in _FIELDS], ["net"])
    return [Sheet(texts["net"], "spelling", numbers)]


SOURCES = (Source("nb201/robustness_targets.csv", _read, _FIELDS),)
