"""The two lessons: what is hidden, what is aimed at, what is held out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from archenc.encoders.cole.learning.contrast import ContrastTask
from archenc.encoders.cole.learning.corpus import Corpus, gather_texts
from archenc.encoders.cole.learning.masked import MaskedTask
from archenc.encoders.cole.learning.reading import Reader, by_length, mean_state
from archenc.encoders.learned.pretraining import Task
from archenc.errors import InvalidArgument

PAD, MASK, FIRST, LAST = 0, 1, 2, 3


class Echo(nn.Module):
    """A model that sees what it says: every token is a state, its own logit the largest."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(300, 8)
        self.seen: list[Tensor] = []

    @property
    def base_model(self) -> Any:
        return lambda input_ids, attention_mask: SimpleNamespace(last_hidden_state=self.table(input_ids))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        self.seen.append(input_ids)
        return SimpleNamespace(logits=self.table(input_ids) @ self.table.weight.T)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return gather_texts(("tnb101", "nb101"), 300, 0)


@pytest.fixture(scope="module")
def reader(corpus: Corpus) -> Reader:
    ids = [[FIRST, *(4 + ord(letter) % 290 for letter in text[-70:-10]), LAST] for text in corpus.texts]
    return Reader(ids, PAD, torch.device("cpu"))


def masked(corpus: Corpus, reader: Reader, share: float = 0.3) -> MaskedTask:
    network = Echo()
    return MaskedTask(
        network,
        corpus,
        reader,
        mask=MASK,
        special=(PAD, MASK, FIRST, LAST),
        share=share,
        batch_size=16,
        seed=0,
    )


def contrast(corpus: Corpus, reader: Reader, **options: Any) -> ContrastTask:
    given = {"temperature": 0.1, "share": 0.3, "near": 0.25, "batch_size": 16, "seed": 0, **options}
    return ContrastTask(Echo(), corpus, reader, **given)


def test_both_are_tasks(corpus: Corpus, reader: Reader) -> None:
    assert isinstance(masked(corpus, reader), Task)
    assert isinstance(contrast(corpus, reader), Task)


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_hidden_tokens_are_words_at_least_one_a_text(corpus: Corpus, reader: Reader, share: float) -> None:
    task = masked(corpus, reader, share)
    items = task.items(0)
    loss = task.loss(items[:64])
    network: Any = task.network
    hidden = network.seen[-1] == MASK
    read = torch.from_numpy(np.arange(hidden.shape[1]) < reader.lengths[items[:64], None])
    assert loss.requires_grad
    assert hidden.any(dim=1).all()
    assert not (hidden & ~read).any()
    assert abs(float(hidden.sum() / read.sum()) - share) < 0.06
    assert not hidden[:, 0].any(), "the first token is special"


def test_an_epoch_shows_canonical_texts_and_as_many_others(corpus: Corpus, reader: Reader) -> None:
    task = masked(corpus, reader)
    first, second = task.items(0), task.items(1)
    assert len(first) == len(second)
    assert len(first) % 16 == 0
    assert not np.array_equal(first, second)
    assert np.array_equal(first, task.items(0))
    canonical = np.isin(first, corpus.canonical).mean()
    assert 0.4 < canonical < 0.6


def test_held_out_families_are_not_trained_on(corpus: Corpus, reader: Reader) -> None:
    lessons = [masked(corpus, reader), contrast(corpus, reader)]
    trained = [set(corpus.family[lessons[0].items(0)]), set(lessons[1].items(0)[:, 0])]
    apart = {int(family) for items in lessons[1]._held_out for family in items[:, 0]}
    assert apart
    assert not apart & (trained[0] | trained[1])
    with torch.inference_mode():
        assert all(set(task.held_out()) == {"loss", "accuracy"} for task in lessons)
        assert all(task.held_out() == task.held_out() for task in lessons)


def test_a_pair_is_two_texts_of_a_family_and_a_batch_of_one_space(corpus: Corpus, reader: Reader) -> None:
    items = contrast(corpus, reader).items(3)
    family, first, second = items.T
    assert np.array_equal(corpus.family[first], family)
    assert np.array_equal(corpus.family[second], family)
    assert np.isin(first, corpus.canonical).all()
    assert (first != second).mean() > 0.9
    batches = corpus.space[family].reshape(-1, 16)
    assert (batches == batches[:, :1]).all()
    assert set(batches[:, 0]) == {0, 1}
    assert len(set(family)) == len(family)


def test_the_aim_is_the_own_text_and_what_costs_alike(corpus: Corpus, reader: Reader) -> None:
    families = np.flatnonzero(corpus.space == 0)[:40]
    cost = corpus.cost[families, 0]
    plain = contrast(corpus, reader, share=0.0).aim(families)
    assert torch.equal(plain, torch.eye(40))
    aim = contrast(corpus, reader, share=0.5).aim(families).numpy()
    assert np.allclose(aim.sum(axis=1), 1, atol=1e-6)
    assert (aim.diagonal() >= 0.5).all()
    row = aim[0]
    nearer, farther = np.argsort(np.abs(cost - cost[0]))[[1, -1]]
    assert row[nearer] > row[farther]


def test_what_a_contrast_wants_lowers_its_loss(corpus: Corpus, reader: Reader) -> None:
    task = contrast(corpus, reader, share=0.0)
    items = task.items(0)[:16]
    same = items.copy()
    same[:, 2] = same[:, 1]  # both vectors alike
    distinct = len({tuple(reader.ids[row]) for row in same[:, 1]})
    assert distinct > 8
    assert float(task.loss(same).detach()) < float(task.loss(items).detach())


def test_a_space_too_small_for_a_batch_is_refused(corpus: Corpus, reader: Reader) -> None:
    with pytest.raises(InvalidArgument, match="batch_size=4000: no space"):
        contrast(corpus, reader, batch_size=4000)


def test_batches_are_of_near_lengths_and_hold_everything_but_a_remainder() -> None:
    lengths = np.random.default_rng(0).integers(5, 200, 1_003)
    batches = by_length(lengths, 10, np.random.default_rng(1))
    rows = np.concatenate(batches)
    assert len(rows) == len(set(rows)) == 1_000
    assert np.mean([np.ptp(lengths[batch]) for batch in batches]) < 40


def test_a_mean_counts_no_padding() -> None:
    states = torch.tensor([[[1.0], [3.0], [100.0]]])
    read = torch.tensor([[True, True, False]])
    assert mean_state(states, read).tolist() == [[2.0]]
