from __future__ import annotations

import struct
from pathlib import Path

import pytest

from archenc.errors import DataError
from archenc.tables import tfrecord
from archenc.tables.crc32c import crc32c
from archenc.tables.tfrecord import mask, read_tfrecord

from .importers.nb101_official import framed, write_tfrecord

CONTENTS = [b"one", b"", bytes(range(256)) * 3, b"four"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_tfrecord(tmp_path / "x.tfrecord", CONTENTS)


def test_records_come_back(path: Path):
    assert list(read_tfrecord(path)) == CONTENTS


def test_an_empty_file_has_no_records(tmp_path: Path):
    assert list(read_tfrecord(write_tfrecord(tmp_path / "x", []))) == []


def test_a_mask_as_tensorflow_writes_it():
    # the first 12 bytes of every TFRecord file whose first record has no content
    assert struct.pack("<QI", 0, mask(crc32c(bytes(8)))).hex() == "0000000000000000" + "29039807"
    assert framed(b"")[12:] == struct.pack("<I", mask(0)) == bytes.fromhex("d8ea82a2")


def test_batches_are_cut_where_they_grow_too_large(path: Path, monkeypatch: pytest.MonkeyPatch):
    for limit in (1, 10, 800, 2000):
        monkeypatch.setattr(tfrecord, "_BATCH_BYTES", limit)
        assert list(read_tfrecord(path)) == CONTENTS


def test_every_truncation_is_noticed(path: Path):
    whole = path.read_bytes()
    ends = [0]
    for content in CONTENTS:
        ends.append(ends[-1] + len(framed(content)))
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        if length in ends:  # nothing says how many records there should be
            assert list(read_tfrecord(path)) == CONTENTS[: ends.index(length)]
            continue
        with pytest.raises(DataError, match=r"x\.tfrecord: truncated"):
            list(read_tfrecord(path))


def test_every_flipped_bit_is_noticed(path: Path):
    whole = framed(b"one") + framed(b"two")
    for place in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(DataError, match=r"x\.tfrecord: .*(altered|truncated)"):
                list(read_tfrecord(path))


def test_the_altered_record_is_named(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tfrecord, "_BATCH_BYTES", 600)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="altered: the content of record 3 does not fit its checksum"):
        list(read_tfrecord(path))


def test_an_honest_length_that_is_absurd_is_refused(path: Path):
    for length in (tfrecord.LONGEST + 1, 2**63, 2**64 - 1):
        head = struct.pack("<Q", length)
        path.write_bytes(head + struct.pack("<I", mask(crc32c(head))) + b"x")
        with pytest.raises(DataError, match=r"record 0 has .* bytes; expected at most"):
            list(read_tfrecord(path))


def test_another_kind_of_file_and_no_file(path: Path):
    path.write_bytes(b'{"a": 1, "b": [1, 2, 3]}')
    with pytest.raises(DataError, match="no TFRecord file"):
        list(read_tfrecord(path))
    with pytest.raises(DataError, match="cannot be read"):
        list(read_tfrecord(path.parent))
