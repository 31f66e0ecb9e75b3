"""Data sets: splits that repeat, scaling by the training part alone, CIFAR's layout, and bad files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.networks import datasets


def test_digits_are_split_once_and_for_all():
    data = datasets.digits()
    assert [len(part) for part in (data.train, data.val, data.test)] == [512, 640, 645]
    assert data.input_shape == (1, 8, 8)
    assert data.n_classes == 10
    assert data.key == datasets.digits().key != datasets.digits(seed=1).key
    assert abs(data.train.x.mean()) < 1e-6
    assert abs(data.train.x.std() - 1) < 1e-6


def test_parts_do_not_overlap_and_are_scaled_by_the_training_part():
    x = np.arange(40, dtype=float).reshape(20, 2, 1, 1)
    data = datasets.tensors(x, np.arange(20) % 3, name="made_up", train=0.5, val=4)
    assert (len(data.train), len(data.val), len(data.test)) == (10, 4, 6)
    whole = np.concatenate([data.train.x, data.val.x, data.test.x])
    assert len(np.unique(whole[:, 0])) == 20
    assert np.allclose(data.train.x.mean((0, 2, 3)), 0, atol=1e-6)
    assert np.allclose(data.train.x.std((0, 2, 3)), 1, atol=1e-6)


def test_a_constant_channel_stays_finite():
    data = datasets.tensors(np.ones((8, 1, 2, 2)), np.arange(8) % 2, name="flat", train=4, val=2)
    assert (data.train.x == 0).all()


def write_cifar(folder: Path, labels: int, files: dict[str, int]) -> None:
    rng = np.random.default_rng(0)
    for name, n in files.items():
        records = rng.integers(0, 256, (n, labels + 3072), dtype=np.uint8)
        records[:, :labels] %= 10
        records[:, labels] = np.arange(n)
        (folder / name).write_bytes(records.tobytes())


def test_cifar10_in_its_binary_layout(tmp_path):
    write_cifar(tmp_path, 1, {**{f"data_batch_{i}.bin": 4 for i in range(1, 6)}, "test_batch.bin": 6})
    data = datasets.cifar_binary(tmp_path)
    assert (len(data.train), len(data.val), len(data.test)) == (10, 10, 6)
    assert data.input_shape == (3, 32, 32)
    raw = np.frombuffer((tmp_path / "test_batch.bin").read_bytes(), np.uint8).reshape(6, 3073)
    assert (data.test.y == raw[:, 0]).all()
    # one affine map a channel: the images are those of the file, scaled as the training part
    pixels = raw[:, 1:].reshape(6, 3, -1)[:, 0].ravel().astype(float)
    slope, offset = np.polyfit(pixels, data.test.x[:, 0].ravel(), 1)
    assert np.allclose(pixels * slope + offset, data.test.x[:, 0].ravel(), atol=1e-5)


def test_cifar100_counts_its_fine_labels(tmp_path):
    write_cifar(tmp_path, 2, {"train.bin": 12, "test.bin": 3})
    data = datasets.cifar_binary(tmp_path, "cifar100", val=3)
    assert (len(data.train), len(data.val), data.n_classes) == (9, 3, 100)


def test_files_that_are_not_cifar_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"data_batch_1\.bin"):
        datasets.cifar_binary(tmp_path)
    (tmp_path / "data_batch_1.bin").write_bytes(b"x" * 3000)
    with pytest.raises(DataError, match="3073"):
        datasets.cifar_binary(tmp_path)


def test_arrays_from_a_file(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.random.default_rng(0).random((20, 1, 4, 4)), y=np.arange(20) % 4)
    data = datasets.from_npz(tmp_path / "mine.npz")
    assert (data.name, data.n_classes, len(data.train)) == ("mine", 4, 10)
    np.savez(tmp_path / "other.npz", x=np.ones(3))
    with pytest.raises(DataError, match="expected arrays x"):
        datasets.from_npz(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("x", "y", "sizes"),
    [
        (np.ones((4, 1)), np.zeros(3, int), (2, 1)),
        (np.full((4, 1), np.nan), np.zeros(4, int), (2, 1)),
        (np.ones((4, 1)), np.zeros(4), (2, 1)),
        (np.ones((4, 1)), np.zeros(4, int), (4, 1)),
        (np.ones((4, 1)), np.zeros(4, int), (0.1, 1)),
        (np.ones((4, 1)), np.array([0, 0, -1, 0]), (2, 2)),
    ],
)
def test_what_cannot_be_trained_on_is_refused(x, y, sizes):
    with pytest.raises(InvalidArgument):
        datasets.tensors(x, y, name="bad", train=sizes[0], val=sizes[1])
