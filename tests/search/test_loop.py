"""The loop: what is evaluated is kept, and a killed search goes on to the same history."""

from __future__ import annotations

import math

import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.search import WholeSpace, make, search
from archenc.spaces import space
from archenc.store import Journal

NB201 = WholeSpace("nasbench201")
MEMBER = space("nasbench201")


def quality(archs):
    return [float(sum(MEMBER.code(arch)) % 7) if sum(MEMBER.code(arch)) % 5 else math.nan for arch in archs]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("name", ["random", "evolution", "local", "gaussian_process"])
@pytest.mark.parametrize("after", [1, 8, 13])
@pytest.mark.parametrize("moment", ["before", "torn"])
def test_a_killed_search_evaluates_nothing_twice_and_ends_the_same(tmp_path, name, after, moment):
    whole = search(make(name, NB201, seed=1), quality, 20, batch=2)
    evaluated = []

    def until(archs):
        if len(evaluated) >= after:
            raise Killed
        evaluated.extend(archs)
        return quality(archs)

    with pytest.raises(Killed):
        search(make(name, NB201, seed=1), until, 20, batch=2, out=tmp_path)
    kept = len(evaluated)
    if moment == "torn":
        with (tmp_path / "evaluations.jsonl").open("ab") as file:
            file.write(b'{"architecture": "|nor')
    evaluated.clear()

    def rest(archs):
        evaluated.extend(archs)
        return quality(archs)

    later = search(make(name, NB201, seed=1), rest, 20, batch=2, out=tmp_path)
    assert [arch.id() for arch in later.archs] == [arch.id() for arch in whole.archs]
    assert [str(value) for value in later.values] == [str(value) for value in whole.values]
    assert len(evaluated) == 20 - kept
    assert len(Journal(tmp_path / "evaluations.jsonl")) == 20


def test_a_finished_search_is_read_and_a_greater_budget_goes_on(tmp_path):
    search(make("local", NB201, seed=0), quality, 12, out=tmp_path)
    longer = search(make("local", NB201, seed=0), quality, 30, out=tmp_path)
    assert [a.id() for a in longer.archs] == [a.id() for a in search(make("local", NB201), quality, 30).archs]


def test_several_objectives_are_kept(tmp_path):
    def both(archs):
        return [(value, 1.0) for value in quality(archs)]

    first = search(make("random", NB201, objectives=2), both, 6, out=tmp_path)
    again = search(make("random", NB201, objectives=2), both, 6, out=tmp_path)
    assert str(first.values) == str(again.values)


def test_a_folder_of_another_search_is_refused(tmp_path):
    search(make("local", NB201), quality, 3, out=tmp_path)
    with pytest.raises(DataError, match="algorithm is 'LocalSearch'"):
        search(make("random", NB201), quality, 3, out=tmp_path)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        search(make("local", NB201), quality, 3, out=tmp_path)


def test_an_evaluator_that_answers_too_little_is_refused():
    with pytest.raises(InvalidArgument, match="1 values for 4 architectures"):
        search(make("random", NB201), lambda archs: [1.0], 8, batch=4)
