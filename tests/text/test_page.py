"""The page shows what its snippets print."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from archenc.testing.unchecked import unchecked

PAGE = Path(__file__).resolve().parents[2] / "docs" / "text.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", flags=re.DOTALL | re.MULTILINE)


@pytest.mark.filterwarnings("default")
@unchecked()
def test_the_page_shows_what_is_printed():
    names: dict[str, object] = {}
    shown = 0
    for code, text in BLOCK.findall(PAGE.read_text()):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102
        if text:
            assert printed.getvalue().rstrip("\n") == text.rstrip("\n")
            shown += 1
    assert shown >= 8
