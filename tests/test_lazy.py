"""Lazy names: found in their home, listed, and refused like any module's missing attribute."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

import archenc
from archenc import encoders, evaluation, networks, pipelines, predictors, tables, testing
from archenc.lazy import lazy

ROOMS = [archenc, encoders, evaluation, networks, pipelines, predictors, tables, testing]


def test_a_name_comes_from_its_home() -> None:
    get, listed = lazy("json", {"JSONDecoder": "decoder"})
    assert get("JSONDecoder") is json.JSONDecoder
    assert {"JSONDecoder", "dumps"} <= set(listed())
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'nothing'"):
        get("nothing")


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_room_offers_what_it_lists(room: ModuleType) -> None:
    names = room.__all__
    assert set(names) <= set(dir(room))
    assert all(getattr(room, name) is not None for name in names)
    with pytest.raises(AttributeError, match=f"module '{room.__name__}' has no attribute 'nothing'"):
        _ = room.nothing
