"""What the files of NAS-Bench-201 have in common: data sets, metrics of several files, papers."""

from __future__ import annotations

from archenc.tables.importers import suite_zero
from archenc.tables.importers.suite_zero import SUITE_ZERO
from archenc.tables.metric import Metric

DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16"}
"""Names of the data sets in the files, and ours."""


NB201 = "NAS-Bench-201 (Dong and Yang, ICLR 2020)"
NATS = "NATS-Bench (Dong et al., TPAMI 2021)"


def one_run(dataset: str) -> Metric:
    """Return the metric of the 200-epoch accuracy that three kinds of files give."""
    doubt = (
        "on a grid of 0.01, not on that of the 25,000 validation images: either rounded, or accuracy on the "
        "10,000 test images of the model trained on half of the training set; "
        if dataset == "cifar10"
        else ""
    )
    return Metric(
        name=f"{dataset}_val_accuracy_200ep_one_run",
        dataset=dataset,
        quantity="accuracy",
        split="val",
        epochs=200,
        unit="percent",
        direction="max",
        runs="one",
        note=f"{doubt}{NB201}, through {SUITE_ZERO}",
    )


def zen(dataset: str) -> Metric:
    """Return the metric of the zen score, which the logs of the whole space and the batch-64 tables share."""
    return suite_zero.score(dataset, "zen", "missing for the 341 disconnected cells; Lin et al., ICCV 2021")
