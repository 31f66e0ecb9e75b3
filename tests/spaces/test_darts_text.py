"""The reader of DARTS literals: it knows lists, dictionaries, numbers and names, and runs nothing."""

import ast
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import InvalidArchitecture
from archenc.spaces.darts_text import DEEPEST, LONGEST, read_literal

NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'\"\\"), max_size=5)
NUMBERS = st.one_of(
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: round(x, 3)),
).filter(lambda x: abs(x) < 10**17)
LITERALS = st.recursive(
    st.one_of(NUMBERS, NAMES, st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@given(LITERALS)
def test_it_reads_what_python_and_json_write(value):
    assert read_literal(repr(value)) == value == ast.literal_eval(repr(value))
    assert read_literal(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(((0, 6), (1, 4),),)", [[[0, 6], [1, 4]]]),
        (" [ ( 0,6 )\n, [] ] ", [[0, 6], []]),
        ("Genotype(normal=[('skip_connect', 0)], normal_concat=range(2, 6))",
         {"normal": [["skip_connect", 0]], "normal_concat": [2, 3, 4, 5]}),
        ("Genotype( reduce = [1], reduce_concat=[2] )", {"reduce": [1], "reduce_concat": [2]}),
        ("{'a': 'b', \"c\": 1e-8,}", {"a": "b", "c": 1e-8}),
    ],
)  # fmt: skip
def test_it_reads_literals(text, value):
    assert read_literal(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a value at character 0, found the end"),
        ("resnet18", "expected a value at character 0, found 'resnet18'"),
        ("[1,,2]", r"expected a value at character 3, found ',2\]'"),
        ("(1 2)", r"expected ',' or '\)' at character 3"),
        ("(0, 6", r"expected ',' or '\)' at character 5, found the end"),
        ("(0, 6]", r"expected ',' or '\)' at character 5"),
        ("(1,]", "expected a value at character 3"),
        ("1, 2", "expected the end at character 1"),
        ("[1]]", "expected the end at character 3"),
        ("[1] [2]", "expected the end at character 4"),
        ("{'a': }", "expected a value"),
        ("{'a' 1}", "expected a key"),
        ("{1: 2}", "expected a key"),
        ("{'a': 1, 'a': 2}", "'a' is given twice"),
        ("['a': 1]", "expected a value"),
        ("Genotype(normal=[1], normal=[2])", "'normal' is given twice"),
        ("Genotype([1])", "expected a key"),
        ("range(2)", r"range\(2\): expected two numbers"),
        ("range(0, 10000)", "expected two numbers"),
        ("range('a', 6)", "expected two numbers"),
        ("[1, \u0661]", "expected a value at character 4"),
        ("__import__('os').system('true')", "expected a value at character 0"),
        ("[print(1)]", r"expected a value at character 1, found 'print\(1\)\]'"),
        ("[1 + 1]", r"expected ',' or '\]'"),
        ("'\\x41'", "expected a value"),
        ("[" * 9 + "]" * 9, f"no more than {DEEPEST} brackets inside each other"),
        ("9" * 30, "expected the end at character 18"),
    ],
)
def test_it_says_where_a_text_is_wrong(text, message):
    with pytest.raises(InvalidArchitecture, match=message):
        read_literal(text)


@pytest.mark.parametrize("text", ["(" * 10**7, "[1, " * 10**6, "1" * 10**7, "'" + "a" * 10**7, " " * 10**7])
def test_a_long_text_costs_nothing(text):
    start = time.process_time()
    with pytest.raises(InvalidArchitecture, match="characters; no DARTS spelling has over 20,000"):
        read_literal(text)
    for cut in (text[:LONGEST], text[: LONGEST // 2] + "x"):
        with pytest.raises(InvalidArchitecture):
            read_literal(cut)
    assert (
        time.process_time() - start < 20
    )  # not a measurement: it would take for ever if it took long at all
