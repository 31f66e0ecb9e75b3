"""The machine that reads pickles gives what `pickle` gives for data, and refuses everything else."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import tracemalloc
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.tables.unpickling import (
    COLLECTIONS,
    NUMPY,
    Kept,
    Refused,
    array,
    keep,
    machine,
    records,
)
from archenc.testing.unchecked import unchecked

PLAIN = {**COLLECTIONS, **NUMPY}


def load(content: bytes, names: dict = PLAIN, **options: Any) -> Any:
    return machine(io.BytesIO(content), names, **options).load()


KEYS = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.binary(max_size=3))
KEYS |= st.tuples(st.text(max_size=3), st.integers())
DATA = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**80), 2**80),
        st.floats(allow_nan=False),
        st.text(max_size=300),
        st.binary(max_size=300),
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.tuples(inner)
        | st.tuples(inner, inner, inner, inner)
        | st.frozensets(KEYS, max_size=3)
    ),
    max_leaves=20,
)


def sorted_like_old_protocols(value: Any, protocol: int) -> Any:
    """Older protocols write a set as a call, which our stand-in answers with a list."""
    if isinstance(value, (frozenset, set)) and protocol < 4:
        return sorted(value, key=repr)
    if isinstance(value, dict):
        return {key: sorted_like_old_protocols(item, protocol) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(sorted_like_old_protocols(item, protocol) for item in value)
    return value


def lists_in_order(read: Any, value: Any) -> Any:
    """Sort the lists that stand for sets."""
    if isinstance(value, (frozenset, set)):
        return sorted(read, key=repr)
    if isinstance(value, dict):
        return {key: lists_in_order(read[key], item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(lists_in_order(part, item) for part, item in zip(read, value, strict=True))
    return read


@given(value=DATA, protocol=st.integers(2, 5))
def test_data_is_read_as_pickle_reads_it(value: Any, protocol: int):
    content = pickle.dumps(value, protocol=protocol)
    read = load(content)
    expected = sorted_like_old_protocols(pickle.loads(content), protocol)
    if protocol < 4:  # sets of the same values may come in different orders
        read = lists_in_order(read, pickle.loads(content))
    assert read == expected
    assert repr(read) == repr(expected), "types and order as well"


@given(
    value=st.lists(st.one_of(st.text(max_size=9), st.integers(), st.booleans(), st.floats(allow_nan=False)))
)
def test_lists_of_the_oldest_protocols(value: list):
    for protocol in (0, 1):
        assert load(pickle.dumps({"x": value}, protocol=protocol)) == {"x": value}


def test_equal_objects_stay_one_object():
    part = [1]
    read = load(pickle.dumps([part, part, "text" * 50, "text" * 50], protocol=4))
    assert read[0] is read[1]


def test_collections_and_numbers_of_numpy():
    value = {
        "ordered": OrderedDict(a=1, b=OrderedDict()),
        "default": defaultdict(list, x=[1]),
        "sets": [{1}, frozenset({2})],
        "numbers": [np.float64(1.5), np.float32(0.25), np.int64(-3), np.bool_(True), np.uint8(7)],
        "bytes": b"\x00\xff",
    }
    for protocol in range(2, 6):
        read = load(pickle.dumps(value, protocol=protocol))
        assert read["ordered"] == {"a": 1, "b": {}}
        assert read["default"] == {"x": [1]}
        assert [list(member) for member in read["sets"]] == [[1], [2]]
        assert read["numbers"] == [1.5, 0.25, -3, True, 7]
        assert [type(number) for number in read["numbers"]] == [float, float, int, bool, int]
        assert read["bytes"] == b"\x00\xff"


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize(
    "values", [np.arange(6.0), np.arange(6, dtype=">i4").reshape(2, 3), np.array([[True]])]
)
def test_arrays(values: np.ndarray, protocol: int):
    kept = load(pickle.dumps(np.asfortranarray(values), protocol=protocol))
    np.testing.assert_array_equal(array(kept), values)


def test_objects_are_kept_with_their_state():
    content = b"\x80\x02csome.module\nThing\n)\x81}X\x01\x00\x00\x00aK\x01sb."
    kept = load(content, records("some.module.Thing"))
    assert isinstance(kept, Kept)
    assert (kept.kind, kept.arguments, kept.state) == ("record", (), {"a": 1})


def test_shrink_sees_every_dictionary_as_soon_as_it_is_whole():
    value = {i: OrderedDict((j, float(j)) for j in range(50)) for i in range(1200)}
    seen = []

    def shrink(entries: dict) -> None:
        seen.append(len(entries))
        if isinstance(entries.get(49), float):
            total = sum(entries.values())
            entries.clear()
            entries["total"] = total

    with unchecked():
        read = load(pickle.dumps(value, protocol=4), shrink=shrink)
    assert read == {i: {"total": 1225.0} for i in range(1200)}
    assert seen.count(50) == 1200


def test_shrinking_bounds_the_memory():
    content = pickle.dumps({i: {j: float(j * i) for j in range(300)} for i in range(30)}, protocol=4)

    def peak(shrink: Any) -> int:
        tracemalloc.start()
        with unchecked():
            load(content, shrink=shrink)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(lambda entries: entries.clear()) < peak(None) / 4


# ------------------------------------------------------------------ what is refused


class Calls:
    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> tuple:
        return self.reduced


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "wrap",
    [lambda evil: evil, lambda evil: [1, {"a": (evil,)}], lambda evil: {"x": {"y": [[evil]]}}],
    ids=["bare", "in a tuple", "deep"],
)
def test_calls_of_other_names_do_nothing(tmp_path: Path, protocol: int, wrap):
    trap = tmp_path / "trap"
    for function, arguments in (
        (os.system, (f"touch {trap}",)),
        (eval, (f"open({str(trap)!r}, 'w')",)),
        (exec, (f"open({str(trap)!r}, 'w')",)),
        (__import__, ("os",)),
        (open, (str(trap), "w")),
        (pickle.loads, (pickle.dumps(Calls(os.system, (f"touch {trap}",))),)),
    ):
        content = pickle.dumps(wrap(Calls(function, arguments)), protocol=protocol)
        with pytest.raises(Refused, match="the pickle asks for"):
            load(content)
    assert not trap.exists()


def test_no_module_is_imported():
    assert "this" not in sys.modules
    for content in (b"cthis\ns\n.", b"\x8c\x04this\x8c\x01s\x93."):
        with pytest.raises(Refused, match="asks for this"):
            load(content)
    assert "this" not in sys.modules


NAME = b"ccollections\nOrderedDict\n"
KEPT = b"cnumpy\ndtype\n)R"


@pytest.mark.parametrize(
    "content",
    [
        b"(S'os'\nos\nsystem\n.",  # INST
        b"(" + NAME + b"o.",  # OBJ
        b"\x82\x01.",  # EXT1
        b"\x83\x01\x00.",  # EXT2
        b"\x84\x01\x00\x00\x00.",  # EXT4
        b"S'text'\n.",  # STRING, whose escapes are Python's
        b"\x97.",  # NEXT_BUFFER
        b"\x98.",  # READONLY_BUFFER
        b"Pname\n.",  # PERSID
        b"Nq\x00Q.",  # BINPERSID, with nobody to answer
        b"]" + b")R.",  # calls a list
        b"N)R.",
        NAME + b")R)R.",  # calls the result
        NAME + b"}}\x92.",  # NEWOBJ_EX on arguments that are no tuple
        NAME + b")}K\x01K\x02s\x92.",  # keyword arguments
        NAME + b"]R.",
        b"cos\nsystem\n.",
        b"ccollections\nOrderedDict.fromkeys\n.",
        b"cbuiltins\ngetattr\n.",
        b"c__builtin__\neval\n.",
        b"cnumpy\ndtype.__class__\n.",
        b"carchenc.tables\nimport_benchmark\n.",
        b"N\x8c\x01a\x93.",  # STACK_GLOBAL of what is no text
        b"]]\x93.",
    ],
)
def test_instructions_and_calls_that_build_no_data(content: bytes):
    with pytest.raises(Refused):
        load(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"N",
        b"NN.",
        b"(N.",
        b"0.",
        b"a.",
        b"t.",
        b"K",
        b"\x80\x09N.",
        b"X\x05\x00\x00\x00ab.",
        b"G\x00.",
        b"]N\x85a",
        b"N\x86.",
        b"Nh\x05.",
        b"j\xff\xff\xff\xff.",
        b"g-1\n.",
        b"Np-1\n.",
        b"}(K\x01u.",  # a key without a value
        b"](K\x01u.",
        b"}K\x01a.",
        b"])a" + b"s.",
        b"}]K\x01s.",  # a list as a key
        b"}))\x85\x85K\x01s.",  # a tuple of tuples as a key
        b"\x8f(]\x90.",
        b"(]\x91.",
        b"]}b.",  # a state for a list
        b"\x8c\x01\xff.",
        b"I12x\n.",
        b"F--\n.",
        b"V\\ud8zz\n.",
        b"L" + b"9" * 5000 + b"L\n.",
        b"I1",
        KEPT + b"N",
    ],
)
def test_damage_is_an_error(content: bytes):
    with pytest.raises(Exception) as caught:
        load(content)
    assert not isinstance(caught.value, (SystemError, MemoryError))


# ------------------------------------------------------------------ a few bytes that ask for much


HUGE = struct.pack("<Q", 1 << 62)


@pytest.mark.parametrize(
    "content",
    [
        b"X" + b"\xff" * 4 + b"x.",
        b"\x8d" + HUGE + b"x.",
        b"B" + b"\xff" * 4 + b"x.",
        b"\x8e" + HUGE + b"x.",
        b"\x96" + HUGE + b"x.",
        b"\x8b\xff\xff\xff\x7fx.",
        b"\x8b\xff\xff\xff\xffx.",
        b"Nr\xff\xff\xff\x7f.",
        b"Np99999999999\n.",
        b"\x95" + HUGE + b"N",
        b"(" * 20_000 + b"N.",
        b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8\x85RN\x86R.",
    ],
)
def test_a_few_bytes_cannot_ask_for_all_memory(content: bytes):
    tracemalloc.start()
    with pytest.raises(Exception):  # noqa: B017
        load(content)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_values_inside_each_other_end_in_an_error_or_a_value():
    depth = 50_000
    with unchecked():
        nested = load(b"]" * depth + b"a" * (depth - 1) + b".")
    assert len(nested) == 1
    del nested  # freed without recursion
    with unchecked():
        tuples = load(b")" + b"\x85" * depth + b".")
    assert len(tuples) == 1
    with pytest.raises(TypeError, match="key"):
        load(b"})" + b"\x85" * depth + b"Ns.")
    del tuples


def test_a_laughing_list_costs_what_it_is_long():
    """Each list holds the one before ten times: 10^40 entries, forty lists."""
    content = b"]q\x00" + b"".join(
        b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1]) for i in range(40)
    )
    content = b"".join([content, b"."])
    tracemalloc.start()
    with pytest.raises(ValueError, match="several"):
        load(content)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("value", "call"),
    [
        (b"](" + b"N" * 5000 + b"e", b"cbuiltins\nset\nh\x00\x85R"),
        (b"](" + b"K\x01K\x02\x86" * 5000 + b"e", b"ccollections\nOrderedDict\nh\x00\x85R"),
        (
            b"X" + struct.pack("<I", 5000) + b"x" * 5000,
            b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R",
        ),
        (b"(" + b"N" * 5000 + b"t", b"cbuiltins\nfrozenset\nh\x00\x85R"),
    ],
)
def test_a_remembered_value_is_copied_once(value: bytes, call: bytes):
    start = b"\x80\x02" + value + b"q\x000]("
    assert len(load(start + call + b"e.")) == 1
    tracemalloc.start()
    with pytest.raises(Refused, match="that it has given before"):
        load(start + call * 5000 + b"e.")
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


def test_short_values_may_be_given_again():
    content = pickle.dumps([[bytes([i]) * 20, frozenset({1})] for i in (200, 200, 201)], protocol=2)
    assert load(content) == [[bytes([i]) * 20, [1]] for i in (200, 200, 201)]


def kept(kind: str, *arguments: Any, state: Any = None) -> Kept:
    result = Kept(kind, arguments)
    result.state = state
    return result


@pytest.mark.parametrize(
    "value",
    [
        kept("buffer", 1 << 40, kept("dtype", "u1", state=(3, "|")), (1 << 40,), "C"),
        kept("buffer", [1] * 8, kept("dtype", "u1", state=(3, "|")), (8,), "C"),
        *(
            kept("array", state=(1, shape, kept("dtype", "O8"), False, ["a", "b"]))
            for shape in [(20_000_000, 0), (0, 2), (1, 1, 2), (2.0,), (-1, -2), ()]
        ),
        kept("array", state=(1, (2,), kept("dtype", "O8"), False, "ab")),
    ],
)
def test_arrays_of_more_than_is_there(value: Kept):
    with unchecked(), pytest.raises(ValueError, match=r"made of a|strings"):
        array(value)


def test_the_memo_of_one_pickle_is_not_that_of_the_next():
    reader = machine(io.BytesIO(pickle.dumps(["first"], 4) + b"h\x00."), {})
    assert reader.load() == ["first"]
    with pytest.raises(IndexError):
        reader.load()


def test_stand_ins_cannot_be_changed_for_later_files():
    names = {"m.A": keep("a")}
    with pytest.raises(TypeError):
        load(b"cm\nA\n}X\x04\x00\x00\x00kindK\x01sb.", names)  # a state for the name itself
    first = load(b"cm\nA\n)R}X\x04\x00\x00\x00kindK\x01sb.", names)
    second = load(b"cm\nA\n)R.", names)
    assert (first.kind, first.state) == ("a", {"kind": 1})
    assert (second.kind, second.state) == ("a", None)
