"""The head of a stored table: what it holds, with a checksum for everything."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float64

from archenc.errors import ArchencError, DataError
from archenc.tables.metric import Metric

ARCHITECTURE_COLUMN = "architecture"
"""The native spelling of each row."""
KEY_COLUMN = "key"
"""The text of `space.key`, in the tables of spaces where it is not the native spelling."""
_FORMAT = 1
_BLOCK = 65_536
_CONTENT, _CHECK = b"archenc", b"archenc.sha256"


@dataclass(frozen=True, slots=True)
class Header:
    """Everything about a table but its rows.

    space: canonical name. rows: number of architectures. metrics: by name, in the order of the columns.
    missing: for each metric, why rows are missing and how many for each reason. absent: metrics that the
    importer knows but whose file was not there, with that file. provenance: what `archenc data import` did
    (files with checksums, comparisons of sources), empty for a user's own table. checksums: CRC-32 of each
    column of values, of the spellings, and of the keys where there are some.
    """

    space: str
    rows: int
    metrics: dict[str, Metric]
    missing: dict[str, dict[str, int]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)

    def encode(self) -> dict[bytes, bytes]:
        """Return parquet metadata: the header as JSON, and the SHA-256 of that JSON."""
        text = json.dumps(
            {
                "format": _FORMAT,
                "space": self.space,
                "rows": self.rows,
                "metrics": [metric.to_dict() for metric in self.metrics.values()],
                "missing": self.missing,
                "absent": self.absent,
                "provenance": self.provenance,
                "checksums": self.checksums,
            },
            separators=(",", ":"),
        ).encode()
        return {_CONTENT: text, _CHECK: hashlib.sha256(text).hexdigest().encode()}

    @classmethod
    def decode(cls, metadata: Mapping[bytes, bytes] | None, file: object) -> Header:
        """Read what `encode` wrote. Raises DataError: no table of ours, altered, or of a newer format."""
        if not metadata or _CONTENT not in metadata:
            raise DataError(
                f"{file}: a parquet file, but no archenc table (BenchmarkTable.save writes those)"
            )
        text = metadata[_CONTENT]
        if hashlib.sha256(text).hexdigest().encode() != metadata.get(_CHECK):
            raise DataError(f"{file}: altered: the description of its columns does not fit its checksum")
        content = json.loads(text)
        if content.pop("format") != _FORMAT:
            raise DataError(f"{file}: written by another version of archenc; import the table again")
        try:
            metrics = [Metric.from_dict(values) for values in content.pop("metrics")]
            return cls(metrics={metric.name: metric for metric in metrics}, **content)
        except (ArchencError, KeyError, TypeError) as error:
            raise DataError(f"{file}: written by another version of archenc ({error})") from error


def checksum_values(values: Float64[np.ndarray, " n"]) -> str:
    """Return the CRC-32 of a column; every NaN counts alike."""
    crc = 0
    for start in range(0, len(values), _BLOCK):  # in blocks: a copy of the column would double its memory
        block = values[start : start + _BLOCK]
        crc = zlib.crc32(np.where(np.isnan(block), np.nan, block).astype("<f8").data, crc)
    return f"{crc:08x}"


def checksum_texts(texts: pa.StringArray) -> str:
    """Return the CRC-32 of the texts of a column, a line each."""
    import pyarrow.compute as pc  # a tenth of the memory that opening a table and reading a column takes

    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    (lines,) = pc.call_function("binary_join", [whole, pa.scalar("\n")])
    return f"{zlib.crc32(lines.as_buffer()):08x}"
