from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

import archenc.tables
from archenc.errors import DataError
from archenc.tables import Metric
from archenc.tables.header import Header, checksum_texts, checksum_values

HEADER = Header(
    space="nasbench201",
    rows=3,
    metrics={"acc": Metric("acc", "cifar10", "accuracy", "val", 200, "percent", "max", note="ü")},
    missing={"acc": {"blank in the source": 1}},
    absent={"zen": "nb201/nb201_zen.zip"},
    provenance={"files": [{"file": "a", "rows": 3}]},
    checksums={"acc": "00000000"},
)


def sealed(text: bytes) -> dict[bytes, bytes]:
    return {b"archenc": text, b"archenc.sha256": hashlib.sha256(text).hexdigest().encode()}


def test_round_trip():
    assert Header.decode(HEADER.encode(), "x") == HEADER


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "x: a parquet file, but no archenc table"),
        ({b"other": b""}, "no archenc table"),
        ({**HEADER.encode(), b"archenc.sha256": b"0"}, "x: altered"),
        ({b"archenc": HEADER.encode()[b"archenc"]}, "x: altered"),
        (sealed(HEADER.encode()[b"archenc"].replace(b'"format":1', b'"format":2')), "another version"),
        (sealed(HEADER.encode()[b"archenc"].replace(b'"rows"', b'"lines"')), "another version"),
        (sealed(HEADER.encode()[b"archenc"].replace(b'"epochs"', b'"ages"')), "another version"),
    ],
)
def test_what_no_table_of_ours_says(metadata: dict | None, message: str):
    with pytest.raises(DataError, match=message):
        Header.decode(metadata, "x")


def test_checksums():
    values = np.array([1.0, np.nan, -0.0])
    other_nan = values.view(np.uint64).copy()
    other_nan[1] ^= 1
    assert checksum_values(values) == checksum_values(other_nan.view(np.float64))
    assert checksum_values(values) != checksum_values(np.array([1.0, np.nan, 0.5]))
    assert checksum_values(values) != checksum_values(values[::-1].copy())
    assert checksum_texts(pa.array(["a", "b"])) != checksum_texts(pa.array(["b", "a"]))
    assert checksum_texts(pa.array(["ab", ""])) != checksum_texts(pa.array(["a", "b"]))
    assert checksum_texts(pa.array(["x", "a", "b"]).slice(1)) == checksum_texts(pa.array(["a", "b"]))


def test_an_unknown_name_of_the_room():
    with pytest.raises(AttributeError, match="Tabel"):
        archenc.tables.Tabel  # noqa: B018
