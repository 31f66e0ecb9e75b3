from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archenc.errors import DataError
from archenc.store import atomic_path, write_bytes, write_json, write_text


def test_writes_and_replaces(tmp_path: Path):
    path = tmp_path / "a" / "b.txt"
    write_text(path, "one")
    write_bytes(path, b"two")
    assert path.read_text() == "two"
    write_json(path, {"ü": [1]})
    assert path.read_text() == '{\n "ü": [\n  1\n ]\n}\n'
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_a_failure_keeps_the_old_file_and_cleans_up(tmp_path: Path):
    path = tmp_path / "x"
    write_text(path, "old")

    def fail():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_lies_in_the_same_folder(tmp_path: Path):
    with atomic_path(tmp_path / "x") as temporary:
        assert temporary.parent == tmp_path
        assert not (tmp_path / "x").exists()


def test_a_kill_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "x"
    write_text(path, "old")
    program = (
        "import os, signal, sys\n"
        "from archenc.store import atomic_path\n"
        "with atomic_path(sys.argv[1]) as t:\n"
        "    t.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_permissions_follow_the_umask(tmp_path: Path):
    plain = tmp_path / "plain"
    plain.touch()
    write_text(tmp_path / "ours", "x")
    assert (tmp_path / "ours").stat().st_mode == plain.stat().st_mode


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot write there"):
        write_text(tmp_path / "file" / "x", "y")


def test_the_data_is_flushed_before_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (events.append("flush"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append("rename"), replace(self, to))[1])
    write_text(tmp_path / "x", "y")
    assert events == ["flush", "rename", "flush"]
