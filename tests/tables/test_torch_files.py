from __future__ import annotations

import collections
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from archenc.errors import DataError
from archenc.tables.torch_files import Tensor, read_torch

VALUE = {
    "archs": ["a", "b"],
    "results": collections.OrderedDict([(0, 1.5), (1, None)]),
    "nested": {("cifar10", 777): {"accuracy": 91.25, "epochs": 12, "done": True}},
    "seeds": {1, 2},
    "numpy": np.float64(2.5),
}
TENSORS = {
    "scalar": torch.tensor(3.25, dtype=torch.float64),
    "vector": torch.arange(5),
    "half": torch.tensor([0.5, -2.0], dtype=torch.float16),
    "brain": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
    "view": torch.arange(12, dtype=torch.float32).reshape(3, 4)[1:, ::2].T,
    "flags": torch.tensor([True, False]),
}
LAYOUTS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def write(path: Path, value: object, zipped: bool) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path


@LAYOUTS
def test_plain_data(tmp_path: Path, zipped: bool):
    read = read_torch(write(tmp_path / "x.pth", VALUE, zipped))
    assert read == {**VALUE, "seeds": [1, 2]}
    assert type(read["numpy"]) is float


@LAYOUTS
def test_tensors(tmp_path: Path, zipped: bool):
    read = read_torch(write(tmp_path / "x.pth", {**TENSORS, "again": TENSORS["vector"]}, zipped))
    for name, tensor in TENSORS.items():
        assert isinstance(read[name], Tensor)
        np.testing.assert_array_equal(read[name].numpy(), tensor.float().numpy(), err_msg=name)
    assert read["again"].storage is read["vector"].storage


@LAYOUTS
def test_tensors_are_at_hand_in_shrink_in_the_zipped_layout_only(tmp_path: Path, zipped: bool):
    path = write(tmp_path / "x.pth", {"a": torch.tensor([4.0])}, zipped)

    def shrink(entries: dict) -> None:
        entries["a"] = entries["a"].numpy().tolist()

    if zipped:
        assert read_torch(path, shrink=shrink) == {"a": [4.0]}
    else:
        with pytest.raises(DataError, match="not read"):
            read_torch(path, shrink=shrink)


@LAYOUTS
def test_large_weights_are_passed_over(tmp_path: Path, zipped: bool):
    path = write(tmp_path / "x.pth", {"weights": torch.zeros(1 << 20, 2), "accuracy": 3.5}, zipped)
    read = read_torch(path)
    assert read["accuracy"] == 3.5
    assert read["weights"].storage.data is None
    with pytest.raises(ValueError, match="not read"):
        read["weights"].numpy()


class Evil:
    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple:
        return (os.system, (f"touch {self.trap}",))


@LAYOUTS
def test_a_malicious_file_is_refused_and_does_nothing(tmp_path: Path, zipped: bool):
    trap = tmp_path / "trap"
    path = write(tmp_path / "x.pth", {"data": [1, {"deep": (Evil(trap),)}]}, zipped)
    with pytest.raises(DataError, match=r"x\.pth: refused: the pickle asks for \w+\.system"):
        read_torch(path)
    assert not trap.exists()


def test_a_tensor_outside_of_its_storage(tmp_path: Path):
    source = torch.arange(4.0)
    path = write(tmp_path / "x.pth", {"x": source.as_strided((2, 2), (2, 1))}, True)
    content = path.read_bytes()
    shifted = content.replace(b"K\x02K\x01\x86", b"K\x03K\x01\x86")
    assert shifted != content
    path.write_bytes(shifted)
    with pytest.raises(DataError, match="CRC"):
        read_torch(path)
    rewritten = tmp_path / "y.pth"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(rewritten, "w") as new:
        for member in old.infolist():
            with old.open(member) as stream:
                stream._expected_crc = None  # type: ignore[attr-defined]
                new.writestr(member.filename, stream.read())
    with pytest.raises(ValueError, match="outside"):
        read_torch(rewritten)["x"].numpy()


@pytest.mark.parametrize("build", ["compressed", "no pickle", "two pickles", "big", "claims", "no storage"])
def test_archives_that_torch_does_not_write(tmp_path: Path, build: str):
    path = write(tmp_path / "x.pth", {"a": torch.arange(3)}, True)
    other = tmp_path / "y.pth"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for member in old.infolist():
            name, content = member.filename, old.read(member)
            if build == "no pickle" and name.endswith("data.pkl"):
                continue
            if build == "no storage" and "/data/" in name:
                continue
            if build == "big" and name.endswith("byteorder"):
                content = b"big"
            kind = zipfile.ZIP_DEFLATED if build == "compressed" else zipfile.ZIP_STORED
            new.writestr(name, content, kind)
        if build == "two pickles":
            new.writestr("other/data.pkl", b"N.")
    if build == "claims":
        damaged = bytearray(other.read_bytes())
        at = damaged.rindex(b"PK\x01\x02")
        damaged[at + 20 : at + 28] = (1 << 30).to_bytes(4, "little") * 2
        other.write_bytes(damaged)
    with pytest.raises(DataError, match=r"y\.pth"):
        read_torch(other)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04" + bytes(30), pickle.dumps(VALUE), b"\x80\x02M\xe9\x03."]
)
def test_other_files(tmp_path: Path, content: bytes):
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.pth"):
        read_torch(tmp_path / "x.pth")
    with pytest.raises(DataError, match="cannot be read"):
        read_torch(tmp_path / "none")
