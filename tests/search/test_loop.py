"""The loop: what is evaluated is kept, and a killed search goes on to the same history."""

from __future__ import annotations

import math

import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.search import History, WholeSpace, make, search
from archenc.spaces import space
from archenc.store import Journal
from archenc.testing.unchecked import unchecked

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


@unchecked()
def test_an_evaluator_that_answers_nothing_and_a_batch_of_none_are_refused():
    with pytest.raises(InvalidArgument, match="evaluate gave None: expected a value an architecture"):
        search(make("random", NB201), lambda archs: None, 8)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidArgument, match="batch=0"):
        search(make("random", NB201), quality, 8, batch=0)
    assert History().front == []


def test_a_value_that_is_refused_is_not_kept(tmp_path):
    def diverges(archs):
        return [math.inf] * len(archs)

    with pytest.raises(InvalidArgument, match="finite"):
        search(make("random", NB201), diverges, 4, out=tmp_path)
    later = search(make("random", NB201), quality, 4, out=tmp_path)  # the mended function goes on
    assert str(later.values) == str(search(make("random", NB201), quality, 4).values)


def test_another_seed_does_not_go_on_with_the_search_of_a_folder(tmp_path):
    search(make("evolution", NB201, seed=0), quality, 12, out=tmp_path)
    for other in (make("evolution", NB201, seed=1), make("evolution:population=9", NB201, seed=0)):
        with pytest.raises(DataError, match="began otherwise, with another seed"):
            search(other, quality, 12, out=tmp_path)
    guided = tmp_path / "guided"
    search(make("gaussian_process:initial=16", NB201), quality, 4, out=guided)
    with pytest.raises(DataError, match="began otherwise"):
        search(make("dngo", NB201), quality, 4, out=guided)


@pytest.mark.parametrize("name", ["evolution", "local", "gaussian_process"])
@pytest.mark.parametrize("after", [3, 12])
def test_what_was_told_before_is_no_part_of_the_folder(tmp_path, name, after):
    """The values of a folder are counted by themselves, so that a kill costs none of them."""

    def warm():
        searcher = make(name, NB201, seed=1)
        searcher.tell(archs := searcher.ask(5), quality(archs))
        return searcher

    whole, evaluated = search(warm(), quality, 25, batch=2), []

    def until(archs):
        if len(evaluated) >= after:
            raise Killed
        evaluated.extend(archs)
        return quality(archs)

    def rest(archs):
        evaluated.extend(archs)
        return quality(archs)

    with pytest.raises(Killed):
        search(warm(), until, 25, batch=2, out=tmp_path)
    later = search(warm(), rest, 25, batch=2, out=tmp_path)
    assert [arch.id() for arch in later.archs] == [arch.id() for arch in whole.archs]
    assert len(evaluated) == len(Journal(tmp_path / "evaluations.jsonl")) == 20


def test_a_batch_of_which_a_part_was_written_is_evaluated_anew_and_once(tmp_path):
    def search_in(folder, budget):
        asked = []

        def counted(archs):
            asked.extend(archs)
            return quality(archs)

        return search(make("evolution", NB201, seed=2), counted, budget, batch=4, out=folder), asked

    search_in(tmp_path, 8)
    book = tmp_path / "evaluations.jsonl"
    lines = book.read_bytes().splitlines(keepends=True)
    book.write_bytes(b"".join(lines[:6]) + lines[6][:10])
    assert len(search_in(tmp_path, 8)[1]) == 4
    history, asked = search_in(tmp_path, 16)
    assert len(asked) == 8
    assert [a.id() for a in history.archs] == [
        a.id() for a in search(make("evolution", NB201, seed=2), quality, 16, batch=4).archs
    ]


def test_what_was_asked_for_before_is_evaluated_first():
    searcher = make("local", NB201, seed=0)
    asked = searcher.ask(4)
    history = search(searcher, quality, 20)
    assert history.archs[:4] == asked
    assert history.archs == search(make("local", NB201, seed=0), quality, 20).archs
