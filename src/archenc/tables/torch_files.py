"""Read what `torch.save` wrote, without torch and without executing it: both layouts, numbers and tensors."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, final

import numpy as np

from archenc.errors import DataError
from archenc.tables.pickles import PLAIN, bounded, unpickling
from archenc.tables.unpickling import Machine, Refused, Shrink, keep, machine

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MOST_AXES = 64
_LARGEST = 1 << 20  # elements of a tensor that is read; weights of networks are larger, and of no use here

_TYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "BFloat16Storage": "u2",  # its bits; converted when read
}


@final
class Storage:
    """The numbers behind tensors; `data` is None until they are read, and stays so for too many."""

    __slots__ = ("data", "kind", "read", "size")

    def __init__(self, kind: str, size: int, read: Callable[[], bytes] | None) -> None:
        self.kind = kind
        self.size = size
        self.read = read
        self.data: np.ndarray | None = None

    def fill(self, content: bytes) -> None:
        """Take the numbers out of bytes. Raises ValueError where there are more or fewer than announced."""
        values = np.frombuffer(content, dtype=np.dtype(_TYPES[self.kind]).newbyteorder("<"))
        if len(values) != self.size:
            raise ValueError(f"{len(values):,} numbers in a storage of {self.size:,}")
        if self.kind == "BFloat16Storage":
            values = (values.astype("<u4") << 16).view("<f4")
        self.data = values

    def load(self) -> None:
        """Read the numbers where there are not too many, and forget where they were."""
        if self.data is None and self.read is not None and self.size <= _LARGEST:
            self.fill(self.read())
        self.read = None


@final
class Tensor:
    """A tensor as the file describes it: a window on a storage."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> None:
        if not isinstance(storage, Storage):
            raise TypeError(f"a tensor on a {type(storage).__name__}")
        if max(len(shape), len(strides)) > _MOST_AXES:
            raise ValueError(f"a tensor of {len(shape):,} axes and {len(strides):,} strides")
        self.storage: Storage = storage
        self.offset, self.shape, self.strides = int(offset), tuple(map(int, shape)), tuple(map(int, strides))

    def numpy(self) -> np.ndarray:
        """Return its numbers. Raises ValueError where they were not read, or lie outside of the storage."""
        storage = self.storage
        storage.load()
        if storage.data is None:
            raise ValueError(f"the numbers of a tensor of shape {self.shape} are not read")
        if (
            len(self.shape) != len(self.strides)
            or min((*self.shape, *self.strides, self.offset), default=0) < 0
        ):
            raise ValueError(f"a tensor of shape {self.shape} with strides {self.strides}")
        count = int(np.prod(self.shape, dtype=object))
        steps = zip(self.shape, self.strides, strict=True)
        last = self.offset + sum((n - 1) * stride for n, stride in steps)
        if count > _LARGEST or (count and last >= len(storage.data)):
            raise ValueError(f"a tensor of shape {self.shape} outside of its {len(storage.data):,} numbers")
        if not count:
            return np.empty(self.shape)
        index = np.full(self.shape, self.offset)
        for axis, (n, stride) in enumerate(zip(self.shape, self.strides, strict=True)):
            index += (np.arange(n) * stride).reshape([-1 if a == axis else 1 for a in range(len(self.shape))])
        return np.asarray(storage.data[index])


Names = Mapping[str, Callable[..., Any]]

_TORCH: Names = {
    "torch._utils._rebuild_tensor_v2": Tensor,
    "torch._utils._rebuild_tensor": Tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch.Size": tuple,
    "torch.device": keep("device"),
    **{f"torch.{name}": keep("storage class") for name in _TYPES},
}


def read_torch(path: str | Path, names: Names = PLAIN, *, shrink: Shrink | None = None) -> Any:
    """Return the value of a file of `torch.save`: plain data, with a `Tensor` where there is a tensor.

    names: stand-ins for further names of the pickle inside. shrink: see `archenc.tables.unpickling`; the
    numbers of a tensor are at hand there in the zipped layout only (torch 1.6 and later).
    Raises DataError: any other name, a damaged file, another layout.
    """
    with unpickling(path, "a file of torch.save"), Path(path).open("rb") as stream:
        names = {**_TORCH, **names}
        zipped = stream.read(2) == b"PK"
        stream.seek(0)
        return (_read_zip if zipped else _read_legacy)(path, stream, names, shrink)


def _read_zip(
    path: str | Path, stream: BufferedReader, names: Mapping[str, Any], shrink: Shrink | None
) -> Any:
    """Read `NAME/data.pkl`, which refers to the storages `NAME/data/0`, `NAME/data/1`, ..."""
    with zipfile.ZipFile(stream) as archive:
        members = {member.filename: member for member in archive.infolist()}
        main = [name for name in members if name.endswith("/data.pkl")]
        if len(main) != 1:
            raise DataError(
                f"{path}: a zip archive, but not of torch.save: {len(main)} members named data.pkl"
            )
        folder = main[0].removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in members and archive.read(order) != b"little":
            raise DataError(f"{path}: written by a big-endian machine, which is not supported")
        if sum(member.file_size for member in archive.infolist()) > Path(path).stat().st_size:
            raise DataError(f"{path}: refused: its members claim to be larger than the file")
        if packed := [name for name, member in members.items() if member.compress_type != zipfile.ZIP_STORED]:
            raise DataError(f"{path}: refused: {packed[0]} is compressed, which torch.save never does")

        storages: dict[str, Storage] = {}

        def persistent(description: Any) -> Storage:
            kind, key, size = _described(description)
            member = members[f"{folder}data/{key}"]
            return storages.setdefault(key, Storage(kind, size, lambda: archive.read(member)))

        with archive.open(main[0]) as content:
            buffered = bounded(content, path, None)
            value = machine(buffered, names, persistent=persistent, shrink=shrink).load()
        for storage in storages.values():
            storage.load()
        return value


def _read_legacy(
    path: str | Path, stream: BufferedReader, names: Mapping[str, Any], shrink: Shrink | None
) -> Any:
    """Read a sequence of pickles: magic number, protocol, system, value, storages; then their numbers."""
    storages: dict[str, Storage] = {}

    def persistent(description: Any) -> Storage:
        kind, key, size = _described(description)
        return storages.setdefault(key, Storage(kind, size, None))

    reader: Machine = machine(stream, names, persistent=persistent)
    if reader.load() != _MAGIC or reader.load() != _PROTOCOL:
        raise DataError(f"{path}: not a file of torch.save")
    if reader.load().get("little_endian") is not True:
        raise DataError(f"{path}: written by a big-endian machine, which is not supported")
    reader.shrink = shrink
    value = reader.load()
    reader.shrink = None
    for key in reader.load():
        storage = storages[key]
        size = int.from_bytes(reader.take(8), "little")
        if size != storage.size:
            raise ValueError(f"a storage of {size:,} numbers where {storage.size:,} are announced")
        length = size * np.dtype(_TYPES[storage.kind]).itemsize
        if size > _LARGEST:
            stream.seek(length, 1)
        else:
            storage.fill(reader.take(length))
    return value


def _described(description: Any) -> tuple[str, str, int]:
    """Return type, key and size of a storage, as the pickle describes it."""
    word, kind, key, _location, size, *view = description
    name = kind.text.removeprefix("torch.")
    if word != "storage" or name not in _TYPES or not isinstance(key, str) or size < 0 or any(view):
        raise Refused(f"the pickle refers to an object outside of it: {description!r:.80}")
    return name, key, int(size)
