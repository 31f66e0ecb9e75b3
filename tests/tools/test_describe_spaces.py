"""docs/spaces.md must not go stale, and its tool must refuse to write what does not hold."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from archenc.spaces import space, spaces
from archenc.tables import BenchmarkTable

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "spaces.md").read_text()
MACRO = space("transnasbench101_macro")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The modules of the tool, found as they are when it runs."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    yield importlib.import_module("describe_spaces"), importlib.import_module("space_checks")
    for name in ("describe_spaces", "space_checks"):
        del sys.modules[name]


@pytest.mark.parametrize("name", spaces())
def test_the_page_describes_every_space_as_it_is(name):
    member = space(name)
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`](#{name}) |"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1] == ", ".join(f"`{alias}`" for alias in member.aliases)
    assert cells[2] == ("not known" if member.size is None else f"{member.size:,}")
    assert cells[4] == str(member.max_nodes)
    assert cells[5] == ", ".join(f"`{op.name}`" for op in member.ops)
    section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \| <code>", section, re.MULTILINE) == list(member.styles)
    assert "**Checked.**" in section


def test_the_page_names_its_command():
    command = next(line.split() for line in PAGE.splitlines() if line.startswith("    python "))
    assert (ROOT / command[1]).is_file()
    assert command[2] == "docs/spaces.md"


def test_a_page_is_read_as_it_was_written(tools):
    page, _ = tools
    parts = page.read(ROOT / "docs" / "spaces.md")
    assert list(parts) == spaces()
    lines = "\n".join(line for line, _ in parts.values())
    assert (
        page.HEAD + page.COLUMNS + lines + "\n\n" + "\n".join(section for _, section in parts.values())
        == PAGE
    )


def table_of(keys: list[str]) -> BenchmarkTable:
    values = [float(k) for k in range(len(keys))]
    return BenchmarkTable.from_columns(MACRO.name, keys, {"jigsaw_score": values})


def test_a_space_is_said_to_be_what_it_says_itself_and_spaces_of_one_kind_but_once(tools):
    page, _ = tools
    parts = page.read(ROOT / "docs" / "spaces.md")
    for name, (_, section) in parts.items():
        assert page.about(space(name)) in section, name
    assert PAGE.count(page.about(space("nds_amoeba"))) == 1
    assert page.about(space("nds_darts_fix_w_d")).endswith(
        "`family='darts'`, `widths=(16,)`, `depths=(20,)`.\n"
    )


def test_counts_are_those_of_the_space(tools):
    _, checks = tools
    assert checks.classes(MACRO) == dict.fromkeys(("nb101-v1", "raw-v1", "live-v1", "live-iso-v1"), 3256)
    assert checks.classes(space("tnb101"))["live-v1"] == 2128
    assert "3 random" in checks.neighbours(MACRO, 3)


def test_a_row_with_a_foreign_key_is_caught(tools, monkeypatch):
    _, checks = tools
    table = table_of(["64-1234-basic", "64-41414-basic"])
    assert "2 rows in 2 styles (4 of 4)" in next(checks.rows(MACRO, table))
    monkeypatch.setattr(type(MACRO), "key", lambda self, arch: "64-4321-basic")
    with pytest.raises(AssertionError):
        list(checks.rows(MACRO, table))


def test_a_space_without_files_is_described_as_such(tools, tmp_path, monkeypatch):
    page, checks = tools
    monkeypatch.setattr(checks, "contract", lambda member: "The contract.")
    (tmp_path / "files").mkdir()
    line, section = page.described(MACRO, tmp_path / "files", tmp_path / "home")
    assert "| 3,256 | 3,256 (`nb101-v1`) | 8 |" in line
    assert "No table" in section
    assert "* The contract." in section


def test_a_table_that_comes_with_archenc_is_a_table(tools, tmp_path, monkeypatch):
    page, checks = tools
    assert "350 (`einspace_digits`)" in next(line for line in PAGE.splitlines() if "| [`einspace`]" in line)
    own = {"mine": table_of(["64-1234-basic", "64-41414-basic"])}
    monkeypatch.setattr(checks, "contract", lambda member: "The contract.")
    monkeypatch.setattr(page, "shipped", lambda name: own)
    line, section = page.described(MACRO, tmp_path, tmp_path / "home")
    assert line.endswith("| 2 (`mine`) | 1 |")
    assert "No table" not in section
    assert "`mine` comes with archenc: 2 architectures" in section
    assert "* `mine`: `parse(format(row, style)) == row` for 2 rows" in section
