from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from archenc.errors import DataError, UnknownName
from archenc.tables.importers import sources_of
from archenc.tables.sources import KnownFile, known_files, locate

CONTENT = b"a,b\n1,2\n"
FILE = KnownFile(
    name="nb201/x.csv",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="MIT",
    repository="someone/something",
    commit="0123456789abcdef",
    path="x.csv",
    url=None,
    derived=False,
)


def test_the_known_file_passes(tmp_path: Path):
    (tmp_path / "x.csv").write_bytes(CONTENT)
    FILE.verify(tmp_path / "x.csv")


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT.replace(b"2", b"3"), b""])
def test_truncated_or_altered(tmp_path: Path, content: bytes):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        FILE.verify(tmp_path / "x.csv")
    message = str(caught.value)
    assert str(tmp_path / "x.csv") in message
    assert f"expected 8 bytes with SHA-256 {FILE.sha256}" in message
    found = f"{len(content)} bytes" if len(content) != 8 else hashlib.sha256(content).hexdigest()
    assert f"found {found}" in message or f"found SHA-256 {found}" in message
    assert "--no-verify" in message


def test_absent(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read"):
        FILE.verify(tmp_path / "none")


def test_the_catalogue_knows_every_file_that_is_imported():
    known = known_files("nasbench201")
    assert set(known) == {source.file for source in sources_of("nasbench201")}
    assert all(len(file.sha256) == 64 and len(file.commit) == 40 for file in known.values())
    assert all(file.derived == (file.url is None) for file in known.values())
    with pytest.raises(UnknownName, match="nasbench999"):
        known_files("nasbench999")


def test_the_catalogue_holds_for_the_real_files(shared_data: Path, tmp_path: Path):
    known = known_files("nasbench201")
    found = locate(known, shared_data)
    assert set(found) == set(known)
    for name, path in found.items():
        known[name].verify(path)
    shorter = replace(FILE, bytes=FILE.bytes - 1)
    shutil.copy(found["nb201/nats_bench.csv"], tmp_path / "x")
    with pytest.raises(DataError):
        shorter.verify(tmp_path / "x")


def test_files_are_found_in_three_arrangements(tmp_path: Path):
    names = ["nb201/a.csv", "nb201/b.csv", "latency/c.npz"]
    (tmp_path / "nb201").mkdir()
    (tmp_path / "latency").mkdir()
    for name in ("nb201/a.csv", "latency/c.npz"):
        (tmp_path / name).touch()
    both = {"nb201/a.csv": tmp_path / "nb201/a.csv", "latency/c.npz": tmp_path / "latency/c.npz"}
    assert locate(names, tmp_path) == both
    assert {name: path.resolve() for name, path in locate(names, tmp_path / "nb201").items()} == both
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "b.csv").touch()
    assert locate(names, flat) == {"nb201/b.csv": flat / "b.csv"}
    with pytest.raises(DataError, match="no such folder"):
        locate(names, tmp_path / "none")
