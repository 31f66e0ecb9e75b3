"""What the files of NAS-Bench-201 have in common: data sets, proxies, papers."""

from __future__ import annotations

from archenc.tables.importing import SENTINEL, Field
from archenc.tables.metric import Direction, Metric

DATASETS = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16"}
"""Names of the data sets in the files, and ours."""


NB201 = "NAS-Bench-201 (Dong and Yang, ICLR 2020)"
NATS = "NATS-Bench (Dong et al., TPAMI 2021)"
SUITE_ZERO = "NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022)"


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


def params(dataset: str) -> Metric:
    """Return the metric of the parameter count; its value depends on the number of classes only a little."""
    return Metric(
        name=f"{dataset}_params",
        dataset=dataset,
        quantity="params",
        unit="parameters",
        runs="exact",
        note="trainable parameters of the whole network",
    )


def flops(dataset: str) -> Metric:
    """Return the metric of the operation count."""
    return Metric(
        name=f"{dataset}_flops",
        dataset=dataset,
        quantity="flops",
        unit="millions",
        runs="exact",
        note=f"operations of one forward pass, multiply-accumulates counted once; {SUITE_ZERO}",
    )


def zen(dataset: str) -> Metric:
    """Return the metric of the zen score, which the logs of the whole space and the batch-64 tables share."""
    return Metric(
        name=f"{dataset}_zen",
        dataset=dataset,
        quantity="zen",
        unit="score",
        direction="max",
        runs="one initialisation",
        note=f"missing for the 341 disconnected cells; {SUITE_ZERO}, after Lin et al., ICCV 2021",
    )


def proxy_fields(dataset: str, proxy: str, batch: int, column: str) -> tuple[Field, ...]:
    """Return what one column of a proxy gives: the proxy itself, and what does not depend on the batch."""
    proxy_field = Field(column, _proxy(dataset, proxy, batch), rules=(SENTINEL,))
    if proxy == "params":
        return (proxy_field, Field(column, params(dataset), scale=1e6))
    if proxy == "flops":
        return (proxy_field, Field(column, flops(dataset)))
    if proxy == "zen":
        return (proxy_field, Field(column, zen(dataset), rules=(SENTINEL,)))
    return (proxy_field,)


def _proxy(dataset: str, proxy: str, batch: int) -> Metric:
    millions = proxy in ("params", "flops")
    return Metric(
        name=f"{dataset}_zc{batch}_{proxy}",
        dataset=dataset,
        quantity=proxy,
        unit="millions" if millions else "score",
        direction=_direction(dataset, proxy),
        runs="exact" if millions else f"one batch of {batch}, one initialisation",
        note=f"computed on the untrained network; do not mix with another batch size; {SUITE_ZERO}",
    )


def _direction(dataset: str, proxy: str) -> Direction | None:
    """Return "max" where a higher score should mean a better network.

    plain has no clear direction, nor has epe_nas with more than 100 classes, where its formula changes.
    """
    if proxy == "plain" or (proxy == "epe_nas" and dataset == "imagenet16"):
        return None
    return "max"
