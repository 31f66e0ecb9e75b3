"""A catalogue of made-up files, for tests that fetch them; as a script, the command line with it."""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

from archenc.tables.pulling import names
from archenc.tables.sources import KnownBenchmark, KnownFile

PAPER = "Someone et al., Something, ICML 2020"
LARGE = random.Random(1).randbytes(300_000)
SMALL = b"a,b\n1,2\n"
CONTENT = {"nb201/large.bin": LARGE, "nb201/small.csv": SMALL}


def known(name: str, content: bytes = b"", **facts: Any) -> KnownFile:
    """Describe a file that can be fetched; facts: what is otherwise with it."""
    given = {
        "name": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
        "repository": "someone/something",
        "commit": "0" * 40,
        "path": "x",
        "url": f"https://host.invalid/{name}",
        "derived": False,
        "papers": (PAPER,),
    }
    return KnownFile(**{**given, **facts})


def catalogue() -> dict[str, KnownBenchmark]:
    """One benchmark: two files to fetch, a derived one, and two official ones, one without a checksum."""
    page = "https://host.invalid/page"
    unknown = {"sha256": None, "bytes": None, "url": None, "commit": None, "path": None}
    files = (
        *(known(name, content) for name, content in CONTENT.items()),
        known(
            "latency/derived.npz", url=None, derived=True, note="made from small.csv", licence="none stated"
        ),
        known("nb201/official.pth", SMALL, bytes=None, official=True, note="about 2 GB", page=page),
        known("nb201/unknown.pth", official=True, note="12 epochs", page=page, **unknown),
    )
    return {"nasbench201": KnownBenchmark("nasbench201", "Made up", ("nasbench201",), PAPER, files)}


if __name__ == "__main__":
    from archenc.cli.app import main

    names.known_benchmarks = catalogue  # type: ignore[assignment]
    sys.argv[0] = "archenc"
    main()
