"""`archenc data list` and `pull`, against a server on this machine."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from archenc.cli import data_file_views, pull_progress
from archenc.cli.app import app
from archenc.tables import sources
from archenc.tables.pulling import names

from ..tables import public, web  # noqa: TID252 - the same server and catalogue as the tests of the tables
from ..tables.public import CONTENT, LARGE, PAPER, catalogue  # noqa: TID252
from ..tables.web import Web  # noqa: TID252

PATH = "/nb201/large.bin"
HALF = len(LARGE) // 2


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "archenc_mirror"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(names, "known_benchmarks", catalogue)
    monkeypatch.setattr(sources, "known_benchmarks", catalogue)
    return tmp_path / "home"


@pytest.fixture
def server() -> Iterator[Web]:
    with Web(dict(CONTENT)) as running:
        yield running


def run(*arguments: object, status: int = 0, columns: int = 200) -> Result:
    result = CliRunner().invoke(app, ["data", *map(str, arguments)], env={"COLUMNS": str(columns)})
    assert result.exit_code == status, result.output
    return result


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_list_names_every_benchmark(home: Path, server: Web):
    assert "nasbench201 │ Made up │ 300.0 kB │ 0 of 2 │ no" in one_line(run("list").stdout)
    run("pull", "small.csv", "--from", server.address)
    (home / "tables").mkdir()
    report = {"rows": 15625, "metrics": 4, "files": [{"file": "nb201/small.csv"}]}
    (home / "tables/nasbench201.import.json").write_text(json.dumps(report))
    assert "│ 1 of 2 │ 15,625 x 4 │" in one_line(run("list").stdout)
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(run("list", "--format", "csv").stdout))}
    assert [row["imported"] for row in rows.values()] == ["False", "True", "False", "False", "False"]


def test_list_of_one_shows_licences_papers_and_what_to_do_without_a_file(home: Path):
    output = run("list", "nb201").stdout
    flat = one_line(output)
    assert "large.bin │ 300.0 kB │ MIT │ no │ no" in flat
    assert "unknown.pth │ ? │ MIT │ - │ no" in flat
    assert "derived.npz: derived: made from small.csv" in flat
    assert (
        "official.pth: official distribution, pulled by its own name: about 2 GB (https://host.invalid/page)"
        in flat
    )
    assert "unknown.pth: no SHA-256 is published: 12 epochs (https://host.invalid/page)" in flat
    assert "licence none stated, so no right to redistribute: derived.npz" in flat
    assert f"cite {PAPER}" in flat
    assert all(line == line.rstrip() for line in output.splitlines()[1:])
    assert not home.exists()


def test_list_for_programs():
    rows = json.loads(run("list", "nb201", "--format", "json").stdout)
    assert [row["file"] for row in rows] == [file.name for file in catalogue()["nasbench201"].files]
    first = rows[0]
    assert (first["here"], first["imported"], first["pullable"]) == ("no", False, True)
    assert first["sha256"] == catalogue()["nasbench201"].files[0].sha256
    assert (first["url"], first["papers"]) == ("https://host.invalid/nb201/large.bin", PAPER)
    table = list(csv.DictReader(io.StringIO(run("list", "--format", "csv").stdout)))
    assert [row["bytes"] for row in table] == ["300000", "8", "0", "", ""]


@pytest.mark.parametrize("columns", [80, 120])
def test_the_real_lists_fit_a_terminal(columns: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    monkeypatch.setattr(data_file_views, "console", lambda: Console(width=columns, highlight=False))
    for arguments in (["list"], *(["list", name] for name in sources.known_benchmarks())):
        lines = run(*arguments).stdout.splitlines()
        assert all(len(line) <= columns or len(line.split()) == 1 for line in lines), (
            "an address may be longer"
        )
        assert "…" not in "".join(lines), "a name was cut"


def test_an_unknown_benchmark():
    assert "'zzz' is no benchmark of the catalogue; known: nasbench201" in run("list", "zzz", status=2).stderr
    assert "did you mean nb201/small.csv?" in run("pull", "smal.csv", status=2).stderr


def test_pull_says_what_came_and_under_which_licence(server: Web, home: Path):
    result = run("pull", "nb201", "--from", server.address)
    flat = one_line(result.stdout)
    assert "large.bin │ 300.0 kB │ MIT │ fetched" in flat
    assert "not pulled, derived: derived.npz" in flat
    assert "not pulled, official: official.pth, unknown.pth" in flat
    assert f"cite {PAPER}" in flat
    assert "next: archenc data import nasbench201" in flat
    assert result.stderr == "", "no bars without a terminal"
    assert {name: (home / "files" / name).read_bytes() for name in CONTENT} == CONTENT
    again = one_line(run("pull", "large.bin", "--offline").stdout)
    assert "large.bin │ 300.0 kB │ MIT │ was here" in again
    assert "next:" not in again


def test_pull_continues_and_says_what_went_wrong(server: Web, home: Path):
    part = home / "files/nb201/large.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(LARGE[:-1000])
    assert "large.bin │ 300.0 kB │ MIT │ 100% │ no" in one_line(run("list", "nb201").stdout)
    server.deeds[PATH] = [web.status(503, Retry_After=0)]
    result = run("pull", "large.bin", "--from", server.address)
    assert "large.bin │ 300.0 kB │ MIT │ continued: 1.0 kB" in one_line(result.stdout)
    assert result.stderr.startswith("large.bin: the server answers 503 Service Unavailable; again in 0.")
    assert server.sent[PATH] == 1000


def test_pull_that_fails_is_one_message_and_status_2(server: Web):
    server.put.clear()
    result = run("pull", "nb201", "--from", server.address, status=2)
    assert result.stderr.startswith("error: 2 of 2 files could not be fetched:\n")
    assert result.stdout == ""
    assert "offline, and" in run("pull", "nb201", "--offline", status=2).stderr
    assert "begins with https://" in run("pull", "nb201", "--from", "http://host.invalid", status=2).stderr
    assert "cannot be pulled: derived" in run("pull", "derived.npz", status=2).stderr


def test_bars_show_the_file_that_is_coming(monkeypatch: pytest.MonkeyPatch):
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=120, highlight=False, force_interactive=True)
    monkeypatch.setattr(pull_progress, "Console", lambda **_: terminal)
    first, second = catalogue()["nasbench201"].files[:2]
    with pull_progress.PullProgress() as progress:
        progress.update(first, 0, "")
        progress.update(first, 100_000, "")
        progress.update(first, 200_000, "something happened")
        progress._bars.refresh()
        shown = screen.getvalue()
        progress.update(second, 0, "")
        progress._bars.refresh()
        later = screen.getvalue()[len(shown) :]
    assert "200.0/300.0 kB" in shown
    assert "large.bin: something happened" in shown
    assert "small.csv" in later
    assert "large.bin ━" not in later.rpartition("small.csv")[0][-300:], "one bar at a time"


# A command that is stopped


def command(server: Web) -> list[str]:
    return [sys.executable, public.__file__, "data", "pull", "large.bin", "--from", server.address]


def wait_for(there: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert process.poll() is None, "ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_pull_continues_where_it_was(server: Web, home: Path, stop: signal.Signals):
    server.deeds[PATH] = [web.stall(HALF)]
    final, part = home / "files/nb201/large.bin", home / "files/nb201/large.bin.part"
    process = subprocess.Popen(
        command(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: part.exists() and part.stat().st_size > HALF // 2, process)
    os.killpg(process.pid, stop)
    printed, errors = process.communicate(timeout=60)
    assert printed == ""
    if stop is signal.SIGINT:
        assert process.returncode == 130
        assert (
            errors
            == f"interrupted: what came is kept in {home / 'files'}; the same command continues there\n"
        )
    else:
        assert (process.returncode, errors) == (-signal.SIGKILL, "")
    assert not final.exists()
    kept = part.stat().st_size
    assert part.read_bytes() == LARGE[:kept]
    before = server.sent[PATH]
    again = subprocess.run(command(server), check=True, capture_output=True, text=True)
    assert "continued" in again.stdout
    assert final.read_bytes() == LARGE
    assert not part.exists()
    assert server.sent[PATH] - before == len(LARGE) - kept, "only the rest was sent"
    assert server.asked[-1] == (PATH, f"bytes={kept}-")


# Import of what was pulled


def test_import_takes_what_was_pulled(monkeypatch: pytest.MonkeyPatch, home: Path):
    error = run("import", "nb201", status=2).stderr
    assert f"{home / 'files'}: none of the files of nasbench201 is there" in error
    assert "archenc data pull nasbench201" in error
    (home / "files/nb201").mkdir(parents=True)
    head = (
        "ArchitectureString,UniqueString,"
        "CIFAR10TestAccuracy200Epochs,CIFAR100TestAccuracy200Epochs,ImageNetTestAccuracy200Epochs\n"
    )
    row = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,x,10,1,0.5\n"
    (home / "files/nb201/nats_bench.csv").write_text(head + row)
    monkeypatch.undo()
    monkeypatch.setenv("ARCHENC_HOME", str(home))
    assert "15,625 architectures x 4 metrics" in run("import", "nb201", "--no-verify").stdout
