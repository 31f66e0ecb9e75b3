from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import archenc.encoders
from archenc.encoders.base import Encoder, check_choice, space_of
from archenc.errors import InvalidArgument
from archenc.graph import as_batch
from archenc.registry import Registry

from .cells import nb101, nb201


def test_the_space_of_a_population():
    assert space_of(nb201(3)) == space_of(tuple(nb201(3))) == space_of(as_batch(nb201(3))) == "nasbench201"
    objects = np.empty(3, dtype=object)
    objects[:] = nb201(3)
    assert space_of(objects) == "nasbench201"


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], r"X=\[\]: expected a non-empty sequence"),
        ("|none~0|", r"X='\|none~0\|': expected a non-empty sequence"),
        ([nb201(1)[0], "|none~0|"], r"X\[1\]='\|none~0\|': expected an Architecture"),
        (None, "X=None"),
        ([nb201(1)[0], nb101(1)[0]], "X mixes the spaces cells-of-seven-slots, nasbench201"),
        (as_batch(nb201(2), view="op_on_edge"), "view 'op_on_edge'; encoders take view='native'"),
    ],
)
def test_what_is_no_population(X: Any, message: str):
    with pytest.raises(InvalidArgument, match=message):
        space_of(X)


def test_choices():
    check_choice("style", "a", ("a", "b"))
    with pytest.raises(InvalidArgument, match="style='c'; legal: a, b"):
        check_choice("style", "c", ("a", "b"))


def test_an_encoder_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Encoder()  # type: ignore[abstract]


def test_every_encoder_is_registered_and_public():
    registry = Registry("encoders")
    members = {registry.get(name) for name in registry.names()}
    public = {getattr(archenc.encoders, name) for name in archenc.encoders.__all__}
    assert members == {member for member in public if issubclass(member, Encoder)} - {Encoder}
    assert set(dir(archenc.encoders)) == set(archenc.encoders.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Pathh"):
        archenc.encoders.Pathh  # noqa: B018


def test_the_room_loads_scikit_learn_only_when_an_encoder_is_named():
    code = "import sys, archenc.encoders; assert 'sklearn' not in sys.modules; archenc.encoders.Path"
    subprocess.run([sys.executable, "-c", code], check=True)
