from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from archenc.errors import DataError, UnknownName
from archenc.registry import Registry
from archenc.tables.importers import benchmark
from archenc.tables.sources import KnownFile, known_benchmarks, known_files, locate

IMPORTED = Registry("importers").names()
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
    assert FILE.verify(tmp_path / "x.csv")


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


def test_every_entry_is_whole_and_the_names_are_unique():
    members = known_benchmarks()
    known = [file for member in members.values() for file in member.files]
    assert len({file.name for file in known}) == len(known)
    for file in known:
        assert re.fullmatch(r"[a-z0-9]+/[\w.-]+", file.name)
        assert file.licence
        assert file.papers
        assert all(re.search(r"\b20[12]\d\b", paper) for paper in file.papers), "a paper without a year"
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.commit is None or re.fullmatch(r"[0-9a-f]{40}", file.commit)
        assert file.page is not None or not file.official
        if file.official:
            assert file.note
        elif file.derived:
            assert file.url is None
            assert file.note, "says how to do without it"
        else:  # pinned by its commit
            assert file.pullable
            assert (
                file.url == f"https://raw.githubusercontent.com/{file.repository}/{file.commit}/{file.path}"
            )


def test_what_cannot_be_checked_cannot_be_pulled():
    facts = {**asdict(FILE), "url": "https://host/x.csv"}
    assert KnownFile(**facts).pullable
    assert not KnownFile(**{**facts, "sha256": None}).pullable
    assert not FILE.pullable


def test_a_file_without_a_known_checksum_is_not_called_verified(tmp_path: Path):
    (tmp_path / "x.csv").write_bytes(b"anything")
    assert replace(FILE, sha256=None, bytes=None).verify(tmp_path / "x.csv") is False
    with pytest.raises(DataError, match=f"expected SHA-256 {FILE.sha256}, found SHA-256"):
        replace(FILE, bytes=None).verify(tmp_path / "x.csv")


@pytest.mark.parametrize("name", IMPORTED)
def test_the_catalogue_knows_every_file_that_is_imported(name: str):
    assert set(known_files(name)) >= {source.file for source in benchmark(name).sources}


def test_a_space_without_files_of_its_own_finds_those_of_its_benchmark():
    assert known_files("transnasbench101_macro") == known_files("transnasbench101")
    with pytest.raises(UnknownName, match="nasbench999"):
        known_files("nasbench999")


def test_the_catalogue_holds_for_the_real_files(shared_data: Path, tmp_path: Path):
    known = {file.name: file for member in known_benchmarks().values() for file in member.files}
    found = locate(known, shared_data)
    listed = json.loads((shared_data / "manifest.json").read_text())
    assert set(found) == {entry["file"] for entry in listed}
    assert len(found) == 34
    for name, path in found.items():
        assert known[name].verify(path)
    for entry in listed:
        file = known[entry["file"]]
        facts = (file.bytes, file.sha256, file.repository, file.commit, file.path, file.url, file.derived)
        assert facts == tuple(
            entry[key] for key in ("bytes", "sha256", "repo", "commit", "path", "url", "derived")
        )
        assert file.licence == entry["licence"]
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


def test_an_archive_may_lie_there_unpacked(tmp_path: Path):
    (tmp_path / "nb201" / "x").mkdir(parents=True)
    assert locate(["nb201/x.tar"], tmp_path) == {"nb201/x.tar": tmp_path / "nb201" / "x"}
    assert locate(["nb201/x.tar"], tmp_path / "nb201") == {"nb201/x.tar": tmp_path / "nb201" / "x"}
    assert locate(["nb201/x.csv"], tmp_path) == {}, "a folder is no table"
    (tmp_path / "nb201" / "x.tar").touch()
    assert locate(["nb201/x.tar"], tmp_path) == {"nb201/x.tar": tmp_path / "nb201" / "x.tar"}
