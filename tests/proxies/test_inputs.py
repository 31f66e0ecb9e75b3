"""Batches: shapes, seeds, files, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from archenc.errors import DataError, InvalidArgument
from archenc.networks.datasets import digits
from archenc.proxies import Inputs


def cifar(folder: Path, name: str, n: int, before: int = 1, labels: int = 10) -> np.ndarray:
    rows = np.random.default_rng(len(name)).integers(256, size=(n, before + 3072), dtype=np.uint8)
    rows[:, before - 1] = np.arange(n) % labels
    rows.tofile(folder / name)
    return rows


def test_a_seed_gives_the_same_batch():
    for make in (lambda seed: Inputs.noise((3, 4, 4), seed), lambda seed: Inputs.digits(seed)):
        assert make(1).key == make(1).key != make(2).key


def test_noise():
    inputs = Inputs.noise((3, 16, 16), 0, batch=64, n_classes=7)
    assert inputs.x.shape == (64, 3, 16, 16)
    assert abs(float(inputs.x.mean())) < 0.02
    assert set(inputs.y.tolist()) == set(range(7))


def test_the_batch_of_a_data_set_is_of_its_training_part():
    data = digits()
    inputs = Inputs.dataset(data, 1, batch=16)
    assert inputs.labels is not None
    known = {(image.tobytes(), int(label)) for image, label in zip(data.train.x, data.train.y, strict=True)}
    drawn = {
        (image.numpy().tobytes(), int(label)) for image, label in zip(inputs.x, inputs.labels, strict=True)
    }
    assert len(drawn) == 16
    assert drawn <= known
    with pytest.raises(InvalidArgument, match=r"1\.\.512"):
        Inputs.dataset(data, batch=513)


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    inputs = Inputs.digits(0, batch=1797)
    _, labels = load_digits(return_X_y=True)
    assert sorted(inputs.y.tolist()) == sorted(labels.tolist())
    assert float(inputs.x.mean()) == pytest.approx(0, abs=1e-6)
    assert float(inputs.x.std()) == pytest.approx(1, abs=1e-3)
    assert Inputs.digits(0, batch=3, shape=(3, 32, 32)).x.shape == (3, 3, 32, 32)


def test_cifar10_as_it_is_laid_out(tmp_path: Path):
    rows = np.concatenate([cifar(tmp_path, f"data_batch_{i}.bin", 4) for i in range(1, 6)])
    inputs = Inputs.cifar_binary(tmp_path, 0, batch=20)
    pixels = rows[:, 1:].reshape(-1, 3, 32, 32) / 255
    scaled = (pixels - pixels.mean((0, 2, 3))[:, None, None]) / pixels.std((0, 2, 3))[:, None, None]
    order = [int(np.abs(scaled - image.numpy()).sum((1, 2, 3)).argmin()) for image in inputs.x]
    np.testing.assert_allclose(inputs.x.numpy(), scaled[order], atol=1e-5)
    assert inputs.y.tolist() == rows[order, 0].tolist()
    assert inputs.describe()["files"].keys() == {f"data_batch_{i}.bin" for i in range(1, 6)}


def test_cifar100_has_two_labels_and_the_fine_one_counts(tmp_path: Path):
    cifar(tmp_path, "train.bin", 100, before=2, labels=100)
    inputs = Inputs.cifar_binary(tmp_path, 0, dataset="cifar100", batch=100)
    assert sorted(inputs.y.tolist()) == list(range(100))
    assert inputs.n_classes == 100


def test_files_that_are_none(tmp_path: Path):
    with pytest.raises(DataError, match=r"data_batch_1\.bin"):
        Inputs.cifar_binary(tmp_path)
    (tmp_path / "data_batch_1.bin").write_bytes(b"\0" * 3074)
    with pytest.raises(DataError, match="not whole images"):
        Inputs.cifar_binary(tmp_path)
    cifar(tmp_path, "train.bin", 4, before=1, labels=4)
    with pytest.raises(DataError, match="not whole images"):
        Inputs.cifar_binary(tmp_path / "train.bin", dataset="cifar100")
    (tmp_path / "high.bin").write_bytes(b"\x0b" + b"\0" * 3072)
    with pytest.raises(DataError, match="label above 9"):
        Inputs.cifar_binary(tmp_path / "high.bin")


@pytest.mark.parametrize(
    ("x", "y", "classes", "loss", "named"),
    [
        (torch.zeros(2, 3), torch.zeros(3, dtype=torch.int64), 4, "cross_entropy", "3 labels"),
        (torch.full((2, 3), float("nan")), None, None, "cross_entropy", "not finite"),
        (torch.zeros(2, 3), torch.tensor([0, 4]), 4, "cross_entropy", r"0\.\.4"),
        (torch.zeros(2, 3), None, None, "hinge", "hinge"),
        (torch.zeros(2), None, None, "cross_entropy", "shape"),
    ],
)
def test_nonsense_is_refused(x, y, classes, loss, named):
    with pytest.raises(InvalidArgument, match=named):
        Inputs(x, y, classes, "nonsense", loss)


def test_sizes_that_are_not_there():
    with pytest.raises(InvalidArgument, match="1797"):
        Inputs.digits(0, batch=1798)
    with pytest.raises(InvalidArgument, match="n_classes=9"):
        Inputs.digits(0, n_classes=9)
    with pytest.raises(InvalidArgument, match="svhn"):
        Inputs.cifar_binary("nowhere", dataset="svhn")
