"""Options that several commands read alike: which architectures, which data set, which skeleton."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archenc.errors import InvalidArgument

if TYPE_CHECKING:
    from archenc.networks.datasets import Dataset


def skeleton(text: str) -> dict[str, Any]:
    """Read `channels=8,input_shape=1x8x8`: numbers, shapes with an x, else texts."""
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not name or not value:
            raise InvalidArgument(f"--skeleton {text!r}: expected NAME=VALUE, separated by commas")
        sizes = value.split("x")
        if all(size.isdigit() for size in sizes):
            numbers = tuple(int(size) for size in sizes)
            found[name] = numbers[0] if len(numbers) == 1 else numbers
        else:
            found[name] = value
    return found


def dataset(text: str, train: float | None = None, val: float | None = None, split: int = 0) -> Dataset:
    """Read `digits`, `cifar10:FOLDER`, `cifar100:FOLDER` or `FILE.npz`, split as the numbers say."""
    from archenc.networks import datasets

    name, _, folder = text.partition(":")
    if name == "digits" and not folder:
        sizes = {"train": train, "val": val}
        return datasets.digits(**{part: size for part, size in sizes.items() if size is not None}, seed=split)
    if name in ("cifar10", "cifar100") and folder:
        if train is not None:
            raise InvalidArgument("--train: CIFAR's training part is what --val leaves")
        return datasets.cifar_binary(folder, name, 0.5 if val is None else val, split)
    if text.endswith(".npz"):
        return datasets.from_npz(text, 0.5 if train is None else train, 0.25 if val is None else val, split)
    raise InvalidArgument(f"--dataset {text!r}: expected digits, cifar10:FOLDER, cifar100:FOLDER or FILE.npz")
