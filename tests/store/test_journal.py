from __future__ import annotations

import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archenc.errors import DataError, InvalidArgument
from archenc.store import Journal

RECORDS = [{"trial": 1, "value": 0.1}, {"trial": 2, "value": 0.25, "name": "ü"}, {"trial": 3, "value": None}]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "runs" / "journal.jsonl")
    for record in RECORDS:
        journal.append(record)
    return journal


def test_round_trip(journal: Journal):
    assert Journal(journal.path).records() == RECORDS == list(journal)
    assert len(journal) == 3


def test_an_absent_journal_is_empty(tmp_path: Path):
    assert Journal(tmp_path / "none").records() == []
    assert not (tmp_path / "none").exists()


@given(st.data())
@settings(max_examples=60)
def test_a_kill_at_any_byte_loses_at_most_the_last_record(tmp_path_factory: pytest.TempPathFactory, data):
    journal = Journal(tmp_path_factory.mktemp("j") / "x.jsonl")
    journal.extend(RECORDS)
    content = journal.path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    journal.path.write_bytes(content[:cut])
    whole = content[:cut].count(b"\n")
    assert journal.records() == RECORDS[:whole]
    journal.append({"after": "the kill"})
    assert journal.records() == [*RECORDS[:whole], {"after": "the kill"}]


def test_a_torn_line_longer_than_a_block(tmp_path: Path):
    journal = Journal(tmp_path / "x")
    journal.append({"a": 1})
    with journal.path.open("ab") as stream:
        stream.write(b'{"b": "' + b"x" * 20_000)
    journal.append({"c": 3})
    assert journal.records() == [{"a": 1}, {"c": 3}]


@given(st.data())
@settings(max_examples=60)
def test_a_flipped_byte_is_never_silent(tmp_path_factory: pytest.TempPathFactory, data):
    journal = Journal(tmp_path_factory.mktemp("j") / "x.jsonl")
    journal.extend(RECORDS)
    content = bytearray(journal.path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 2))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    journal.path.write_bytes(content)
    try:
        read = journal.records()
    except DataError:
        return
    assert read == RECORDS  # white space between tokens is the one thing that may change


def test_damage_names_file_and_line(journal: Journal):
    lines = journal.path.read_text().splitlines(keepends=True)
    journal.path.write_text(lines[0] + lines[1].replace("0.25", "0.26") + lines[2])
    with pytest.raises(DataError, match=r"journal\.jsonl, line 2: damaged"):
        journal.records()


def test_a_line_that_is_not_a_record(journal: Journal):
    for line in ("[1]\n", "\n", "{}\n", '"x"\n', "\xff\n"):
        journal.path.write_bytes(line.encode("latin-1"))
        with pytest.raises(DataError, match="line 1"):
            journal.records()


def test_nan_survives(tmp_path: Path):
    journal = Journal(tmp_path / "x")
    journal.append({"a": math.nan, "b": -math.inf})
    (record,) = journal.records()
    assert math.isnan(record["a"])
    assert record["b"] == -math.inf


def test_what_is_not_json_is_refused_before_anything_is_written(tmp_path: Path):
    journal = Journal(tmp_path / "x")
    with pytest.raises(InvalidArgument, match="plain JSON"):
        journal.append({"a": object()})
    with pytest.raises(InvalidArgument, match="_crc32"):
        journal.append({"_crc32": 1})
    assert journal.records() == []


def test_two_processes_may_append(tmp_path: Path):
    program = (
        "import sys\nfrom archenc.store import Journal\n"
        "for i in range(50): Journal(sys.argv[1]).append({'who': sys.argv[2], 'i': i})"
    )
    path = tmp_path / "x"
    running = [subprocess.Popen([sys.executable, "-c", program, str(path), who]) for who in "ab"]
    assert [process.wait() for process in running] == [0, 0]
    records = Journal(path).records()
    for who in "ab":
        assert [r["i"] for r in records if r["who"] == who] == list(range(50))


def test_an_appended_record_survives_a_kill(tmp_path: Path):
    program = (
        "import os, signal, sys\nfrom archenc.store import Journal\n"
        "Journal(sys.argv[1]).append({'a': 1}); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "x")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert Journal(tmp_path / "x").records() == [{"a": 1}]


def test_a_folder_in_the_way(tmp_path: Path):
    with pytest.raises(DataError, match="cannot"):
        Journal(tmp_path).append({})
    with pytest.raises(DataError, match="cannot be read"):
        Journal(tmp_path).records()
