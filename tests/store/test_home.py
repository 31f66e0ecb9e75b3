from __future__ import annotations

from pathlib import Path

import pytest

from archenc.store import home


def test_order_of_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARCHENC_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert home() == Path("~/.local/share/archenc").expanduser()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home() == tmp_path / "archenc"
    monkeypatch.setenv("ARCHENC_HOME", "/elsewhere")
    assert home() == Path("/elsewhere")
    assert home("~/mine") == Path("~/mine").expanduser()
