from __future__ import annotations

import bz2
import io
import os
import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archenc.errors import DataError
from archenc.tables.pickles import read_frame, read_pickle, read_strings

VALUES = np.array([[1.5, 2.5, 3.5], [4.0, 5.0, 6.0]])
NAMES = np.array(["arch", "cellstr", "a", "b"], dtype=object)
CELLS = np.array([["x", "y", "z"]], dtype=object)
FIRST = np.array([[7, 8, 9]])


class Named:
    """An object that pickles as a global of a module we do not have."""

    def __init__(self, reduced: tuple) -> None:
        self.reduced = reduced

    def __reduce__(self) -> tuple:
        return self.reduced


@pytest.fixture
def pandas(monkeypatch: pytest.MonkeyPatch) -> dict[str, type]:
    """The names that a pickled frame refers to, as far as pickling needs them."""
    names = {
        "frame": ("pandas.core.frame", "DataFrame"),
        "manager": ("pandas.core.internals.managers", "BlockManager"),
        "new_index": ("pandas.core.indexes.base", "_new_Index"),
        "index": ("pandas.core.indexes.base", "Index"),
        "range": ("pandas.core.indexes.range", "RangeIndex"),
    }
    made = {}
    for short, (module, name) in names.items():
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            package = ".".join(parts[:end])
            monkeypatch.setitem(sys.modules, package, sys.modules.get(package) or ModuleType(package))
        members = {"__module__": module, "__qualname__": name, "__getstate__": lambda self: self.state}
        made[short] = type(name, (), members)
        monkeypatch.setattr(sys.modules[module], name, made[short], raising=False)
    return made


def frame(
    pandas: dict[str, type],
    protocol: int = 5,
    values: np.ndarray = VALUES,
    names: np.ndarray = NAMES,
    cells: np.ndarray = CELLS,
    first: np.ndarray = FIRST,
) -> bytes:
    """Pickle the columns arch, cellstr, a, b, ... as pandas lays them out: one block a type."""

    def index(kind: str, state: dict) -> Named:
        return Named((pandas["new_index"], (pandas[kind], state)))

    blocks = [
        {"values": values, "mgr_locs": slice(2, len(names), 1)},
        {"values": first, "mgr_locs": slice(0, 1, 1)},
        {"values": cells, "mgr_locs": np.array([1])},
    ]
    axes = [index("index", {"data": names, "name": None}), index("range", {"start": 0, "stop": 3, "step": 1})]
    manager, whole = pandas["manager"](), pandas["frame"]()
    manager.state = ([], [], [], {"0.14.1": {"axes": axes, "blocks": blocks}})  # type: ignore[attr-defined]
    whole.state = {"_data": manager, "_typ": "dataframe"}  # type: ignore[attr-defined]
    return pickle.dumps(whole, protocol=protocol)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("protocol", [3, 5])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_frame(tmp_path: Path, pandas: dict, protocol: int, order: str):
    content = frame(pandas, protocol, np.asarray(VALUES, order=order))
    columns = read_frame(write(tmp_path / "x.pd", content))
    assert list(columns) == ["arch", "cellstr", "a", "b"]
    assert columns["cellstr"] == ["x", "y", "z"]
    assert columns["arch"].tolist() == [7, 8, 9]
    assert columns["a"].tolist() == [1.5, 2.5, 3.5]
    assert columns["b"].tolist() == [4.0, 5.0, 6.0]


def test_the_names_that_numpy_had_before_its_version_2(tmp_path: Path, pandas: dict):
    content = frame(pandas, protocol=3)
    assert b"numpy._core" in content
    columns = read_frame(write(tmp_path / "x.pd", content.replace(b"numpy._core", b"numpy.core")))
    assert columns["a"].tolist() == [1.5, 2.5, 3.5]


def test_neither_pandas_nor_numpys_unpickling_runs(tmp_path: Path, pandas: dict, monkeypatch):
    content = frame(pandas)

    def called(*_: object) -> None:
        raise AssertionError("called")

    monkeypatch.setattr(pandas["new_index"], "__init__", called)
    monkeypatch.setattr(np._core.multiarray, "_reconstruct", called)
    monkeypatch.setattr(np._core.numeric, "_frombuffer", called)
    assert set(read_frame(write(tmp_path / "x.pd", content))) == {"arch", "cellstr", "a", "b"}


@pytest.mark.parametrize(
    "call",
    [(os.system, ("touch {}",)), (eval, ("open('{}', 'w')",)), (Path.touch, (Path("{}"),))],
    ids=["os.system", "eval", "Path.touch"],
)
@pytest.mark.parametrize("protocol", range(6))
def test_a_malicious_pickle_is_refused_and_does_nothing(tmp_path: Path, call: tuple, protocol: int):
    trap = tmp_path / "trap"
    function, (argument,) = call
    argument = type(argument)(str(argument).format(trap))
    content = pickle.dumps(Named((function, (argument,))), protocol=protocol)
    with pytest.raises(DataError, match="refused: the pickle asks for"):
        read_frame(write(tmp_path / "evil.pd", content))
    assert not trap.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy\nndarray.__class__\n.",
        b"cbuiltins\ngetattr\n.",
        b"cpandas.core.frame\nDataFrame.__init__.__globals__\n.",
        b"\x8c\x05numpy\x8c\x07memmap.\x93.",
        b"Pfile\n.",
        b"\x82\x01.",
    ],
)
def test_names_outside_the_list(tmp_path: Path, content: bytes):
    with pytest.raises(DataError):
        read_frame(write(tmp_path / "x", content))


def test_a_pickle_cannot_change_our_stand_ins_for_later_files(tmp_path: Path, pandas: dict):
    """BUILD with a slot state sets attributes, on a class too."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=2)
    pickler.dump({"__setstate__": None, "kind": "dtype"})
    attributes = buffer.getvalue()[2:-1]
    evil = b"\x80\x02cpandas.core.frame\nDataFrame\nN" + attributes + b"\x86b."
    with pytest.raises(DataError):
        read_frame(write(tmp_path / "evil", evil))
    assert set(read_frame(write(tmp_path / "good", frame(pandas)))) == {"arch", "cellstr", "a", "b"}


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damage_is_a_data_error_or_nothing(tmp_path: Path, pandas: dict, data):
    content = bytearray(frame(pandas))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read_frame(write(tmp_path / "x", bytes(content)))
    except DataError:
        return


def test_a_few_bytes_cannot_ask_for_all_memory(tmp_path: Path):
    for content in (b"\x80\x02Nr\xff\xff\xff\x7f.", b"\x80\x05\x96" + b"\xff" * 7 + b"\x7fx."):
        with pytest.raises(DataError):
            read_frame(write(tmp_path / "x", content))


def test_other_pickles_and_no_pickles(tmp_path: Path):
    for content in (pickle.dumps([1, 2]), pickle.dumps({}), b"", b"a,b\n1,2\n"):
        with pytest.raises(DataError, match="not a pickled DataFrame"):
            read_frame(write(tmp_path / "x", content))
    with pytest.raises(DataError, match="cannot be read"):
        read_frame(tmp_path / "none")


def test_arrays_of_other_types_are_refused(tmp_path: Path, pandas: dict):
    for values in (VALUES.astype("f4"), VALUES.astype(">f4"), VALUES.astype("c16")):
        with pytest.raises(DataError, match="an array of type"):
            read_frame(write(tmp_path / "x", frame(pandas, values=values)))


# ------------------------------------------------------------------ plain data


@pytest.mark.parametrize("pack", [bytes, bz2.compress], ids=["plain", "bzip2"])
@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_and_strings(tmp_path: Path, pack, protocol: int):
    path = write(tmp_path / "x", pack(pickle.dumps(["a", "é"], protocol=protocol)))
    assert read_pickle(path) == read_strings(path) == ["a", "é"]
    path = write(tmp_path / "x", pack(pickle.dumps(["a", {"b": 1.5}], protocol=protocol)))
    assert read_pickle(path) == ["a", {"b": 1.5}]
    with pytest.raises(DataError, match=r"x: not a pickled list of strings"):
        read_strings(path)


def test_a_name_is_legal_in_plain_data_but_not_among_strings(tmp_path: Path):
    path = write(tmp_path / "x", pickle.dumps([np.float64(1.5)]))
    assert read_pickle(path) == [1.5]
    with pytest.raises(
        DataError, match=r"refused: the pickle asks for numpy\._core\.multiarray\.scalar; legal names: none"
    ):
        read_strings(path)


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path):
    path = write(tmp_path / "x", bz2.compress(pickle.dumps(bytes(20_000_000))))
    assert path.stat().st_size < 200
    assert len(read_pickle(path)) == 20_000_000
    with pytest.raises(DataError, match=r"x: refused: it unpacks to more than 1,000,000 bytes"):
        read_pickle(path, limit=1_000_000)
