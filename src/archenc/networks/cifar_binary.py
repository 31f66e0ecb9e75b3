"""CIFAR-10 and CIFAR-100 in their official binary layout (Krizhevsky, 2009): label bytes, then pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from archenc.errors import DataError, InvalidArgument

_SHAPE = (3, 32, 32)


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one data set. label_bytes: before each image; the last one counts. train, test: names of files."""

    n_classes: int
    label_bytes: int
    train: tuple[str, ...]
    test: str


LAYOUTS = {
    "cifar10": Layout(10, 1, tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
    "cifar100": Layout(100, 2, ("train.bin",), "test.bin"),
}


def layout(argument: str, name: str) -> Layout:
    """Return the layout of a data set. Raises InvalidArgument, which names the argument."""
    if name not in LAYOUTS:
        raise InvalidArgument(f"{argument}={name!r}: expected {' or '.join(LAYOUTS)}")
    return LAYOUTS[name]


def read(
    files: Sequence[Path], layout: Layout
) -> tuple[UInt8[np.ndarray, "n 3 32 32"], Int64[np.ndarray, " n"]]:
    """Return the images, 0 to 255, and the labels of files, one after another.

    Raises DataError: a file that is missing, is not whole images, or has a label that there is no class for.
    """
    images, labels = [], []
    size = layout.label_bytes + int(np.prod(_SHAPE))
    for file in files:
        try:
            content = np.frombuffer(file.read_bytes(), dtype=np.uint8)
        except OSError as error:
            raise DataError(f"{file}: cannot be read ({error})") from error
        if not len(content) or len(content) % size:
            raise DataError(f"{file}: {len(content)} bytes are not whole images of {size} bytes")
        records = content.reshape(-1, size)
        label = records[:, layout.label_bytes - 1]
        if label.max() >= layout.n_classes:
            raise DataError(f"{file}: a label above {layout.n_classes - 1}; it is no file of this data set")
        labels.append(label.astype(np.int64))
        images.append(records[:, layout.label_bytes :].reshape(-1, *_SHAPE))
    return np.concatenate(images), np.concatenate(labels)
