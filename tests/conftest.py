"""Shapes are checked while the tests run; the public tables are found once, here."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest
from beartype import BeartypeConf, FrozenDict, beartype
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

# beartype knows `Self` in decorated classes only, and the hook decorates their methods one by one
check_types = beartype(conf=BeartypeConf(hint_overrides=FrozenDict({Self: Any}), is_pep484_tower=True))
install_import_hook("archenc", f"{__name__}.check_types")

# No test depends on the load of the machine it runs on.
settings.register_profile("house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# A test run in the background inherits "ignore SIGINT"; the processes that tests interrupt must not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_REPOSITORY = Path(__file__).resolve().parents[1]


def shared_data_folder() -> Path:
    """Folder of the public benchmark tables: ARCHENC_SHARED_DATA, or ../shared/data beside the repository."""
    return Path(os.environ.get("ARCHENC_SHARED_DATA") or _REPOSITORY.parent / "shared" / "data")


def pytest_configure(config: pytest.Config) -> None:
    """Let beartype, which checks a random item of a list, do so while hypothesis draws."""
    config.addinivalue_line("filterwarnings", "ignore:Do not use the `random` module inside strategies")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public benchmark tables, or a skip that says how to get them."""
    folder = shared_data_folder()
    if not folder.is_dir():
        pytest.skip(f"no public tables at {folder}; set ARCHENC_SHARED_DATA to the folder that holds them")
    return folder


@pytest.fixture
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """Write a module that fresh processes can import too: they get the path of this one."""

    def write(name: str, text: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return write


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that takes the public tables, so that `-m 'not shared_data'` leaves them out."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared_data)
