"""The helper that fuzzes importers fails where it should."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from archenc.errors import DataError

from .fuzz import fuzz, mutate_bytes, mutate_json, mutated_json

VALUE = {"a": [1, 2.5, {"b": "c"}], "d": None}


def refuse(_: Path) -> None:
    raise DataError("no")


def test_our_own_errors_are_counted(tmp_path: Path):
    assert fuzz(refuse, tmp_path / "x", [b"1", b"2"]) == 2
    assert fuzz(Path.read_bytes, tmp_path / "x", [b"1", b"2"]) == 0


def test_another_error_fails_and_leaves_the_file(tmp_path: Path):
    with pytest.raises(pytest.fail.Exception, match=r"mutation 1, kept as .*x: JSONDecodeError"):
        fuzz(lambda path: json.loads(path.read_bytes()), tmp_path / "x", [b"1", b"nonsense", b"2"])
    assert (tmp_path / "x").read_bytes() == b"nonsense"


@pytest.mark.parametrize(
    "deed",
    [
        lambda path: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda path: path.rename(path.with_suffix(".other")),
        lambda path: path.with_suffix(".other").write_text("x"),
        lambda path: path.unlink(),
    ],
)
def test_deeds_fail(tmp_path: Path, deed):
    with pytest.raises(pytest.fail.Exception, match="it did "):
        fuzz(deed, tmp_path / "x", [b"1"])


def test_mutations_are_many_and_repeat_with_the_seed():
    assert list(mutated_json(VALUE, 50, seed=1)) == list(mutated_json(VALUE, 50, seed=1))
    assert len(set(mutated_json(VALUE, 300))) > 220
    rng = random.Random(0)
    assert len({mutate_bytes(b"some bytes", rng) for _ in range(300)}) > 150


def test_mutations_leave_the_original_alone():
    before = json.dumps(VALUE)
    rng = random.Random(0)
    changed = [json.dumps(mutate_json(VALUE, rng)) for _ in range(200)]
    assert json.dumps(VALUE) == before
    assert sum(text != before for text in changed) > 180
