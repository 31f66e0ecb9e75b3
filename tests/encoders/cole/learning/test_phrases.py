"""The tokenizer of cells: calls and names are tokens, and anything else can be written."""

from __future__ import annotations

import pytest

from archenc.encoders.cole.learning.phrases import phrase_tokenizer
from archenc.errors import InvalidArgument
from archenc.spaces import space
from archenc.text import render, texts

pytest.importorskip("tokenizers", reason="needs the extra cole")
CELLS = space("tnb101").sample(60, 0)
WRITTEN = texts(CELLS)


def test_a_call_with_its_settings_is_one_token() -> None:
    tokenizer = phrase_tokenizer(WRITTEN, 1024, 64)
    one = "self.op_0_1 = ConvUnit(channels, kernel_size=3, stride=1, padding=1)\nnode_1 = self.op_0_1(node_0)"
    ids = tokenizer(one, add_special_tokens=False)["input_ids"]
    assert [tokenizer.decode([number]) for number in ids] == [
        "self.op_0_1 =",
        "ConvUnit(channels, kernel_size=3, stride=1, padding=1)",
        "node_1 =",
        "self.op_0_1(node_0)",
    ]


def test_different_texts_have_different_tokens_and_none_is_unknown() -> None:
    tokenizer = phrase_tokenizer(WRITTEN, 1024, 64)
    inline, long = texts(space("nb201").sample(200, 1), form="inline"), render(space("nb301").sample(1, 0)[0])
    everything = [*inline, long]
    ids = [tuple(one) for one in tokenizer([*everything, "größer als 1"], verbose=False)["input_ids"]]
    assert len(set(ids)) == len(set(everything)) + 1
    assert all(tokenizer.unk_token_id not in one for one in ids)


def test_the_order_of_texts_is_nothing() -> None:
    one, other = (phrase_tokenizer(part, 600, 64) for part in (WRITTEN, [*WRITTEN[::-1], WRITTEN[3]]))
    assert one.get_vocab() == other.get_vocab()
    assert one(WRITTEN[0])["input_ids"] == other(WRITTEN[0])["input_ids"]


def test_special_tokens_stand_around_a_text() -> None:
    tokenizer = phrase_tokenizer(WRITTEN, 600, 64)
    ids = tokenizer(WRITTEN[0])["input_ids"]
    assert (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)
    assert tokenizer.model_max_length == 64


def test_a_vocabulary_without_room_for_bytes_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="vocabulary=200: expected more than 261"):
        phrase_tokenizer(WRITTEN, 200, 64)
