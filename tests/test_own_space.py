"""docs/own_space.md as a reader follows it: the file, the table, and every command of the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArchitecture, InvalidArgument, UnknownName
from archenc.registry import Registry
from archenc.spaces import SearchSpace, space
from archenc.tables import table_from_csv
from archenc.testing import SpaceKit

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "own_space.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)[0]
COMMANDS = re.findall(r"^\$ archenc (.*)$", PAGE, flags=re.MULTILINE)
RUN = "import sys; from archenc.cli.app import main; sys.argv[0] = 'archenc'; main()"


def made_by_the_page() -> SearchSpace:
    """The space of the page, not registered in this process."""
    names: dict[str, object] = {"__name__": "my_space"}
    exec(compile(CODE.replace("spaces.register(Rows())", ""), "my_space.py", "exec"), names)  # noqa: S102
    made: object = names["Rows"]()  # type: ignore[operator]
    assert isinstance(made, SearchSpace)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with my_space.py, and measurements of 120 architectures, ten of them blank."""
    place, member = tmp_path_factory.mktemp("own"), made_by_the_page()
    (place / "my_space.py").write_text(CODE)
    rng = np.random.default_rng(0)
    lines = ["architecture,accuracy"]
    for row, text in enumerate(dict.fromkeys(member.format(arch) for arch in member.sample(120, 0))):
        value = 60 + 3 * text.count("c") + text.count("p") - text.count("s") + rng.normal(0, 0.2)
        lines.append(f"{text}," + ("" if row < 10 else f"{value:.2f}"))
    (place / "accuracies.csv").write_text("\n".join(lines) + "\n")
    return place


def run(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ARCHENC_HOME": str(folder / "home"), "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestThePage(SpaceKit):
    """The contract that the page speaks of, all of it, asked of the space of the page."""

    def make_space(self) -> SearchSpace:
        return made_by_the_page()


def test_the_space_takes_about_forty_lines() -> None:
    assert len([line for line in CODE.splitlines() if line.strip()]) <= 45


def test_every_command_of_the_page_runs(folder: Path) -> None:
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        done = run(folder, shlex.split(command))
        assert done.returncode == 0, (command, done.stderr)
        if " predict " in command:
            assert re.search(r"│ +1 │ [cpms]{5} ", done.stdout), done.stdout
    assert (folder / "home" / "tables" / "rows.parquet").is_file()


def test_without_the_plugin_the_space_is_unknown(folder: Path) -> None:
    done = run(folder, ["data", "info", "rows"])
    assert done.returncode == 2
    assert "spaces: no 'rows'" in done.stderr


def test_a_plugin_that_is_not_there_or_fails_is_named(folder: Path) -> None:
    (folder / "broken.py").write_text("1 / 0\n")
    for name, words in (("broken.py", "ZeroDivisionError"), ("absent.py", "no such Python file")):
        done = run(folder, ["--plugin", name, "data", "info", "rows"])
        assert done.returncode == 2
        assert name in done.stderr
        assert words in done.stderr


def test_a_table_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for text, error, words in (
        ("arch,accuracy\nx,1\n", DataError, "no column 'architecture' with spellings; it has arch, accuracy"),
        ("architecture\nx\n", DataError, "expected one of numbers"),
        ("architecture,accuracy\nx,1\n", InvalidArchitecture, "table.csv: .*legal"),
        ("architecture,accuracy\n5,1\n5,2\n", InvalidArgument, "table.csv: .* occurs more than once"),
        ("architecture,accuracy\n5,inf\n", InvalidArgument, "table.csv: .*infinite values"),
        (
            "architecture,accuracy\n5,good\n",
            DataError,
            "table.csv: .*'good'.*'architecture' must hold numbers",
        ),
        ("architecture,accuracy\n", DataError, "table.csv: no row below the header"),
    ):
        path.write_text(text)
        with pytest.raises(error, match=words):
            table_from_csv("nb201", path)
    path.write_text("architecture,accuracy\n5,1\n")
    with pytest.raises(UnknownName, match="no 'nowhere'"):
        table_from_csv("nowhere", path)
    with pytest.raises(DataError, match="no such file"):
        table_from_csv("nb201", tmp_path / "absent.csv")


def test_a_plugin_runs_once_and_only_when_a_name_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, marks = tmp_path / "counted.py", tmp_path / "marks"
    file.write_text(f"from pathlib import Path\nwith Path({str(marks)!r}).open('a') as out: out.write('x')\n")
    monkeypatch.setenv("ARCHENC_PLUGINS", str(file))
    assert space("nb201").name == "nasbench201"
    assert not marks.exists()
    for _ in range(2):
        with pytest.raises(UnknownName):
            Registry("spaces").get("nothing")
    assert marks.read_text() == "x"
