"""Every `python` block of the README and the documentation runs as printed, top to bottom of its page.

A comment above a block changes that: `<!-- needs: tables -->` runs it where the public tables are, and skips
the page, saying so, elsewhere; `<!-- not run: reason -->` leaves it out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
MARK = re.compile(r"<!-- *(needs: tables|not run: .+?) *-->\s*\Z")


@dataclass(frozen=True)
class Snippet:
    code: str
    line: int
    mark: str


def snippets(page: Path) -> Iterator[Snippet]:
    text = page.read_text()
    for found in BLOCK.finditer(text):
        mark = MARK.search(text[: found.start()])
        line = text[: found.start(1)].count("\n")
        yield Snippet("\n" * line + found.group(1), line + 1, mark.group(1) if mark else "")


def pages(*, with_tables: bool) -> list[Path]:
    return [
        page
        for page in PAGES
        if (blocks := [block for block in snippets(page) if not block.mark.startswith("not run")])
        and any(block.mark for block in blocks) == with_tables
    ]


def run(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {"__name__": page.stem}
    for snippet in snippets(page):
        if not snippet.mark.startswith("not run"):
            exec(compile(snippet.code, str(page), "exec"), names)  # noqa: S102


@pytest.fixture(scope="session")
def home_with_tables(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which the public tables were imported, once a test run."""
    from archenc.tables import import_benchmark

    own = tmp_path_factory.getbasetemp()
    home = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "home-of-the-docs"
    if not (home / "tables" / "nasbench201.parquet").exists():
        import_benchmark(
            "nb201", shared_data / "nb201", home=home
        )  # appears whole; two workers make the same
    return home


@pytest.mark.parametrize("page", pages(with_tables=False), ids=lambda page: page.name)
def test_a_page_runs_as_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run(page, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", pages(with_tables=True), ids=lambda page: page.name)
def test_a_page_with_tables_runs_as_printed(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home_with_tables: Path
):
    monkeypatch.setenv("ARCHENC_HOME", str(home_with_tables))
    run(page, tmp_path, monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path):
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


def test_every_page_is_in_the_navigation():
    listed = re.findall(r":\s+([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted(set(listed))
    here = {str(page.relative_to(ROOT / "docs")) for page in PAGES[1:]}
    assert {page for page in here if not page.startswith("results/")} | {"results/index.md"} == set(listed)
