"""Labelled images to train on: handwritten digits, CIFAR in its binary layout, arrays of your own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float32, Int64

from archenc.errors import DataError, InvalidArgument
from archenc.networks import cifar_binary as cifar
from archenc.store import content_key
from archenc.typing import Seed, as_generator


@final
@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Inputs, [n, ...] as float32, and their classes, counted from 0. Raises InvalidArgument."""

    x: Float32[np.ndarray, "n ..."]
    y: Int64[np.ndarray, " n"]

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise InvalidArgument(
                f"x, y: {len(self.x)} inputs and {len(self.y)} classes; give as many of both"
            )
        if not np.isfinite(self.x).all():
            raise InvalidArgument("x: has NaN or infinite values; networks cannot be trained on those")

    def __len__(self) -> int:
        return len(self.y)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Examples in three parts: networks are trained on `train`, compared on `val` and judged on `test`.

    name: begins the names of the metrics. source: where the examples come from and how they were split.
    Raises InvalidArgument: a part without examples (`test` may have none), or classes outside 0..n_classes-1.
    """

    name: str
    n_classes: int
    train: Examples
    val: Examples
    test: Examples
    source: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part, examples in (("train", self.train), ("val", self.val), ("test", self.test)):
            if not len(examples) and part != "test":
                raise InvalidArgument(f"{self.name}: no examples to {part} on")
            if examples.x.shape[1:] != self.input_shape:
                raise InvalidArgument(
                    f"{self.name}: examples differ in shape: {examples.x.shape[1:]} in {part}"
                )
            if len(examples) and not 0 <= examples.y.min() <= examples.y.max() < self.n_classes:
                raise InvalidArgument(f"{self.name}: expected classes 0..{self.n_classes - 1} in {part}")

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example, (C, H, W)."""
        return self.train.x.shape[1:]

    @property
    def key(self) -> str:
        """Return the digest of every number in it."""
        parts = (self.train, self.val, self.test)
        return content_key(self.name, self.n_classes, [[part.x, part.y] for part in parts])


def digits(train: float = 512, val: float = 640, seed: int = 0) -> Dataset:
    """Return scikit-learn's handwritten digits: 1,797 images of 8x8 pixels in ten classes, standardised.

    train, val: numbers of images, or shares below 1; the rest is for testing. seed: of the split. They are
    the test part of the Optical Recognition of Handwritten Digits data set (Alpaydin & Kaynak, UCI, 1998).
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return tensors(bunch.images[:, None], bunch.target, name="digits", train=train, val=val, seed=seed)


def tensors(x: np.ndarray, y: np.ndarray, *, name: str, train: float, val: float, seed: Seed = 0) -> Dataset:
    """Split labelled examples at random, and standardise them by mean and deviation of the training part.

    x: [n, C, H, W]. y: n classes, from 0. train, val: numbers of examples, or shares where below 1; the rest
    is for testing. Raises InvalidArgument.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim < 2 or y.ndim != 1 or y.dtype.kind not in "iu" or not 0 < len(y) == len(x):
        raise InvalidArgument(
            f"x of shape {x.shape}, y of shape {y.shape} and type {y.dtype}: expected "
            "[n, C, H, W] and n integers"
        )
    sizes = [math.floor(size * len(y)) if size < 1 else int(size) for size in (train, val)]
    if min(sizes) < 1 or sum(sizes) > len(y) or any(size >= 1 and size % 1 for size in (train, val)):
        raise InvalidArgument(
            f"train={train}, val={val}: {len(y)} examples cannot be split so; expected numbers of examples, "
            "or shares below 1"
        )
    order = as_generator(seed).permutation(len(y))
    first, second, third = np.split(order, np.cumsum(sizes))
    parts = _standardised([x[first], x[second], x[third]])
    labels = [y[part].astype(np.int64) for part in (first, second, third)]
    source = {
        "examples": len(y), "train": sizes[0], "val": sizes[1], "test": len(third),
        "split_seed": seed if isinstance(seed, int) else "a generator",
    }  # fmt: skip
    train_part, val_part, test_part = map(Examples, parts, labels)
    return Dataset(name, int(y.max()) + 1, train_part, val_part, test_part, source)


def cifar_binary(
    folder: str | Path, name: Literal["cifar10", "cifar100"] = "cifar10", val: float = 0.5, seed: int = 0
) -> Dataset:
    """Read CIFAR in its official binary layout from a folder of yours; nothing is fetched.

    folder: holds data_batch_1.bin ... and test_batch.bin, or train.bin and test.bin of CIFAR-100 (Krizhevsky,
    2009). val: share or number of the 50,000 training images to compare networks on; NAS-Bench-201 takes
    half. Raises DataError: a file that is missing or not of that layout.
    """
    of = cifar.layout("name", name)
    x, y = cifar.read([Path(folder) / file for file in of.train], of)
    n_val = math.floor(val * len(y)) if val < 1 else int(val)
    split = tensors(x, y, name=name, train=len(y) - n_val, val=n_val, seed=seed)
    test_x, test_y = cifar.read([Path(folder) / of.test], of)
    order = np.random.default_rng(seed).permutation(len(y))[: len(y) - n_val]
    held = Examples(_standardised([x[order], test_x])[1], test_y)
    return Dataset(name, of.n_classes, split.train, split.val, held, {**split.source, "test": len(held)})


def from_npz(path: str | Path, train: float = 0.5, val: float = 0.25, seed: int = 0) -> Dataset:
    """Read arrays `x` [n, C, H, W] and `y` [n] from an npz file, and split them. Raises DataError."""
    from archenc.tables.readers import read_npz

    arrays = read_npz(Path(path))
    if not {"x", "y"} <= set(arrays) or (arrays["y"] != np.round(arrays["y"])).any():
        raise DataError(f"{path}: expected arrays x [n, C, H, W] and y, n classes; it has {sorted(arrays)}")
    labels = arrays["y"].astype(np.int64)
    return tensors(arrays["x"], labels, name=Path(path).stem, train=train, val=val, seed=seed)


def _standardised(parts: list[np.ndarray]) -> list[np.ndarray]:
    """Shift and scale all parts, a channel at a time, so that the first has mean 0 and deviation 1."""
    axes = (0, *range(2, parts[0].ndim))
    reference = parts[0].astype(np.float64)
    mean, std = reference.mean(axes, keepdims=True), reference.std(axes, keepdims=True)
    return [((part - mean) / np.where(std > 0, std, 1)).astype(np.float32) for part in parts]
