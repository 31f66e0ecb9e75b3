"""Models that the tests of this folder share, made once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder of two layers."""
    from . import models

    return models.encoder(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder of two layers."""
    from . import models

    return models.decoder(tmp_path_factory.mktemp("llama"))
