from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.tables.readers import integers, read_csv, read_json, read_npz, read_zipped_json


def test_csv_numbers_texts_blanks_and_infinities(tmp_path: Path):
    (tmp_path / "x.csv").write_text(',net,a,b\n0,"(1, 2)",1,\n1,"(3, 4)",-inf,nan\n2,,1e300,2.5\n')
    numbers, texts = read_csv(tmp_path / "x.csv", ["b", "a"], ["net"])
    assert texts == {"net": ["(1, 2)", "(3, 4)", ""]}
    np.testing.assert_array_equal(numbers["a"], [1, -np.inf, 1e300])
    np.testing.assert_array_equal(numbers["b"], [np.nan, np.nan, 2.5])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("net,b\nx,1\n", r"no column 'a'; it has net, b"),
        ("net,a\nx,many\n", "row 2, column 'a': 'many' is no number"),
        ("net,a\nx,1\ny\n", "truncated, altered or of another kind"),
        ("", "truncated, altered or of another kind"),
        ("net,a,a\nx,1,1\n", "not of the expected layout"),
    ],
)
def test_csv_of_another_layout(tmp_path: Path, content: str, message: str):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(DataError, match=f"x.csv: .*{message}"):
        read_csv(tmp_path / "x.csv", ["a"], ["net"])


def test_json_zip_and_npz(tmp_path: Path):
    (tmp_path / "x.json").write_text('{"a": NaN}')
    assert np.isnan(read_json(tmp_path / "x.json")["a"])
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/b.json", "[2]")
        archive.writestr("folder/a.json", "[1]")
        archive.writestr("readme.txt", "")
    assert list(read_zipped_json(tmp_path / "x.zip")) == [("a.json", [1]), ("b.json", [2])]
    np.savez(tmp_path / "x.npz", a=np.arange(3))
    assert read_npz(tmp_path / "x.npz")["a"].dtype == np.float64


@pytest.mark.parametrize("name", ["x.json", "x.zip", "x.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"[1, 2", b"\xff\xfe"])
def test_damaged_files(tmp_path: Path, name: str, content: bytes):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=name):
        list({"x.json": read_json, "x.zip": read_zipped_json, "x.npz": read_npz}[name](path))


def test_a_flipped_byte_in_a_zip(tmp_path: Path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", json.dumps(list(range(100))))
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="truncated, altered"):
        list(read_zipped_json(path))


def test_a_zip_without_json_and_an_npz_of_objects(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "")
    with pytest.raises(DataError, match="no JSON file"):
        list(read_zipped_json(tmp_path / "x.zip"))
    np.savez(tmp_path / "x.npz", a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"x\.npz"):
        read_npz(tmp_path / "x.npz")


def test_absent_files(tmp_path: Path):
    for read in (
        read_json,
        read_npz,
        lambda path: list(read_zipped_json(path)),
        lambda path: read_csv(path, []),
    ):
        with pytest.raises(DataError, match="no such file"):
            read(tmp_path / "none")


@pytest.mark.parametrize("odd", [0.5, np.nan, np.inf, -np.inf])
def test_whole_numbers(tmp_path: Path, odd: float):
    assert integers(tmp_path, np.array([3.0, -1.0])) == [3, -1]
    with pytest.raises(DataError, match=f"{odd} where a whole number should be"):
        integers(tmp_path, np.array([3.0, odd]))


@pytest.mark.parametrize("name", ["x.zip", "x.npz"])
def test_an_archive_that_unpacks_to_more_than_any_public_one(tmp_path: Path, monkeypatch, name: str):
    monkeypatch.setattr("archenc.tables.readers._LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", "[" + " " * 2000 + "]")
    with pytest.raises(DataError, match="refused: it would unpack to 2,002 bytes; legal: up to 1,000"):
        list({"x.zip": read_zipped_json, "x.npz": read_npz}[name](tmp_path / name))
