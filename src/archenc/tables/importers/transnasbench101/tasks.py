"""The seven tasks of TransNAS-Bench-101 and how each is measured; in all of them more is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from archenc.tables.metric import Metric

TNB101 = "TransNAS-Bench-101 (Duan et al., CVPR 2021)"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a task is judged by: quantity, unit, the name of its curve in the official file, its meaning."""

    quantity: str
    unit: str
    curve: str
    note: str


_TOP1 = Measure("accuracy", "percent", "top1", "top-1")
_SSIM = Measure("ssim", "ssim", "ssim", "structural similarity of images, 1 at best")

TASKS = {
    "class_scene": _TOP1,
    "class_object": _TOP1,
    "room_layout": Measure("neg_loss", "negative loss", "neg_loss", "the loss with its sign changed"),
    "jigsaw": _TOP1,
    "segmentsemantic": Measure("accuracy", "percent", "acc", "accuracy of pixels, not the mean IoU"),
    "normal": _SSIM,
    "autoencoder": _SSIM,
}

Epoch = Literal["final", "best"]
_EPOCHS = {
    "final": "at the final epoch",
    "best": "at the epoch that is best by this very measure, so never below that of the final epoch and "
    "never to be joined with it",
}


def measure(task: str, epoch: Epoch, split: str = "val") -> Metric:
    """Return the metric of a task, `{task}_{split}_{quantity}_{epoch}`."""
    member = TASKS[task]
    return Metric(
        name=f"{task}_{split}_{member.quantity}_{epoch}",
        dataset=task,
        quantity=member.quantity,
        split=split,
        unit=member.unit,
        direction="max",
        runs="one",
        note=f"{member.note}, {_EPOCHS[epoch]}; {TNB101}",
    )
