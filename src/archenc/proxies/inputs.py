"""The batch that proxies are computed on, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from archenc.errors import DataError, InvalidArgument
from archenc.networks import cifar_binary as cifar
from archenc.networks.datasets import Dataset
from archenc.proxies.losses import LOSSES
from archenc.store import content_key, file_sha256
from archenc.typing import Seed, as_generator


@final
@dataclass(frozen=True, eq=False)
class Inputs:
    """One batch of inputs, with labels or targets where the proxies need them.

    x: [b, ...], floats or integers. y: class numbers [b] (or [b, h, w]), class probabilities, or targets of
    a regression, as the loss takes them; None serves the proxies without labels. n_classes: number of
    classes, None in a regression. name: short, for the names of columns. loss: "cross_entropy",
    "soft_cross_entropy", "mse" or "l1". recipe: what else must be known to make the batch again.
    Raises InvalidArgument for values that are not finite, labels outside 0..n_classes-1, lengths that differ.
    """

    x: Tensor
    y: Tensor | None
    n_classes: int | None
    name: str
    loss: str = "cross_entropy"
    recipe: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.x, Tensor) or self.x.dim() < 2 or len(self.x) < 1:
            raise InvalidArgument("inputs: x must be a tensor of shape (batch, ...)")
        if self.loss not in LOSSES:
            raise InvalidArgument(f"inputs: loss={self.loss!r}; legal: {', '.join(LOSSES)}")
        if self.x.is_floating_point() and not torch.isfinite(self.x).all():
            raise InvalidArgument("inputs: x has values that are not finite")
        if self.y is None:
            return
        if len(self.y) != len(self.x):
            raise InvalidArgument(f"inputs: {len(self.x)} inputs, but {len(self.y)} labels")
        if self.y.is_floating_point() and not torch.isfinite(self.y).all():
            raise InvalidArgument("inputs: y has values that are not finite")
        if self.labels is not None and self.n_classes is not None:
            low, high = int(self.y.min()), int(self.y.max())
            if low < 0 or high >= self.n_classes:
                raise InvalidArgument(f"inputs: labels {low}..{high}; legal: 0..{self.n_classes - 1}")

    @property
    def labels(self) -> Tensor | None:
        """Return the class of each input, [b]; None where there are other targets, or none."""
        y = self.y
        return y if y is not None and y.dim() == 1 and not y.is_floating_point() else None

    @cached_property
    def key(self) -> str:
        """SHA-256 of the batch and the loss: what a score must be stored with."""
        arrays = [None if part is None else part.detach().cpu().numpy() for part in (self.x, self.y)]
        return content_key(*arrays, self.n_classes, self.loss)

    def describe(self) -> dict[str, Any]:
        """Return plain values that say what the batch is."""
        shape = list(self.x.shape)
        return {"name": self.name, "shape": shape, "loss": self.loss, "key": self.key, **self.recipe}

    @staticmethod
    def tensors(
        x: Tensor,
        y: Tensor | None = None,
        n_classes: int | None = None,
        *,
        name: str = "tensors",
        loss: str = "cross_entropy",
    ) -> Inputs:
        """Return a batch of your own. n_classes: by default one more than the largest label."""
        if n_classes is None and y is not None and y.dim() == 1 and not y.is_floating_point():
            n_classes = int(y.max()) + 1
        return Inputs(x, y, n_classes, name, loss)

    @staticmethod
    def noise(shape: Sequence[int], seed: Seed = 0, *, batch: int = 32, n_classes: int = 10) -> Inputs:
        """Return normal noise with random labels. shape: of one example, such as (3, 32, 32)."""
        rng = as_generator(seed)
        x = rng.standard_normal((batch, *shape), dtype=np.float32)
        y = rng.integers(n_classes, size=batch)
        return Inputs(
            torch.from_numpy(x), torch.from_numpy(y), n_classes, "noise", recipe={"seed": _plain(seed)}
        )

    @staticmethod
    def digits(
        seed: Seed = 0, *, batch: int = 32, shape: tuple[int, int, int] = (1, 8, 8), n_classes: int = 10
    ) -> Inputs:
        """Return handwritten digits of scikit-learn, drawn at random, in any shape (C, H, W).

        Images are scaled to mean 0 and standard deviation 1 over the data set and enlarged bilinearly; the
        channels are alike. n_classes: of the network, at least 10; the labels are 0..9.
        """
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        if not 1 <= batch <= len(images):
            raise InvalidArgument(f"batch={batch}: legal: 1..{len(images)}, the number of digits")
        if n_classes < 10:
            raise InvalidArgument(f"n_classes={n_classes}: digits have 10 classes")
        rows = as_generator(seed).permutation(len(images))[:batch]
        scaled = ((images - images.mean()) / images.std()).astype(np.float32).reshape(-1, 1, 8, 8)
        x = torch.from_numpy(scaled[rows])
        if shape[1:] != (8, 8):
            x = F.interpolate(x, size=shape[1:], mode="bilinear", align_corners=False)
        x = x.expand(-1, shape[0], -1, -1).contiguous()
        y = torch.from_numpy(labels[rows])
        return Inputs(x, y, n_classes, "digits", recipe={"seed": _plain(seed), "resize": "bilinear"})

    @staticmethod
    def dataset(data: Dataset, seed: Seed = 0, *, batch: int = 32) -> Inputs:
        """Return examples of the training part of a data set (`networks.datasets`), drawn at random."""
        if not 1 <= batch <= len(data.train):
            raise InvalidArgument(f"batch={batch}: legal: 1..{len(data.train)}, the training examples")
        rows = as_generator(seed).permutation(len(data.train))[:batch]
        x, y = torch.from_numpy(data.train.x[rows]), torch.from_numpy(data.train.y[rows])
        recipe = {"seed": _plain(seed), "part": "train", "dataset": dict(data.source)}
        return Inputs(x, y, data.n_classes, data.name, recipe=recipe)

    @staticmethod
    def cifar_binary(
        path: str | Path, seed: Seed = 0, *, dataset: str = "cifar10", batch: int = 32
    ) -> Inputs:
        """Return images of CIFAR-10 or CIFAR-100 in their official binary layout, drawn at random.

        path: one file, or the folder of `data_batch_1.bin` to `data_batch_5.bin` (CIFAR-10) or of
        `train.bin` (CIFAR-100). Each channel is scaled to mean 0 and standard deviation 1 over the images
        read; there is no augmentation. Raises DataError: no such file, or its length is not whole images.
        """
        of = cifar.layout("dataset", dataset)
        files = _cifar_files(Path(path), of)
        pixels, labels = cifar.read(files, of)
        images = pixels.astype(np.float32) / 255
        if not 1 <= batch <= len(images):
            raise InvalidArgument(f"batch={batch}: legal: 1..{len(images)}, the number of images")
        mean, std = images.mean((0, 2, 3)), images.std((0, 2, 3))
        rows = as_generator(seed).permutation(len(images))[:batch]
        x = (images[rows] - mean[:, None, None]) / std[:, None, None]
        recipe = {"seed": _plain(seed), "files": {file.name: file_sha256(file) for file in files}}
        y = torch.from_numpy(labels[rows])
        return Inputs(torch.from_numpy(x.astype(np.float32)), y, of.n_classes, dataset, recipe=recipe)


def _cifar_files(path: Path, of: cifar.Layout) -> list[Path]:
    if path.is_file():
        return [path]
    files = [path / name for name in of.train if (path / name).is_file()]
    if not files:
        raise DataError(f"{path}: no {' or '.join(of.train)} there; the binary layout of CIFAR is expected")
    return files


def _plain(seed: Seed) -> int | str:
    return int(seed) if isinstance(seed, int) else "a generator of the caller"
