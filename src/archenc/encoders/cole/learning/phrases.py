"""A tokenizer for the source code of cells: short texts, for a small model, that lose nothing but blanks.

Names, signs and calls such as `ConvUnit(channels, kernel_size=3, stride=1, padding=1)` or
`self.op_0_1(node_0)` are pieces; within a piece bytes are joined by their frequency, so that what is frequent
in cells becomes one token, and anything else can still be written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archenc.encoders.cole.sources import EXTRA
from archenc.errors import InvalidArgument, require

PAD, UNKNOWN, FIRST, LAST, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
_SPECIAL = (PAD, UNKNOWN, FIRST, LAST, MASK)
_BYTES = 256
_PIECE = "|".join(
    (
        r"(?:class|def) [^\n]*",  # a line that opens a block
        r"super\(\)[.\w]+\(\)",
        r"[\w.]*[A-Z]\w*\([^()\n]*\)",  # an operation with its settings
        r"[\w.]+\(\w+\)",  # an operation on one value
        r"[\w.]+(?: =)?",  # a name, or what is assigned to
        r"[^\w\s]+",
    )
)


def phrase_tokenizer(texts: Iterable[str], size: int, positions: int) -> Any:
    """Learn a tokenizer of at most `size` tokens from texts; the same texts in any order give the same one.

    positions: tokens that the model reads at once. Raises InvalidArgument for a size without room for bytes.
    """
    if size <= _BYTES + len(_SPECIAL):
        raise InvalidArgument(f"vocabulary={size!r}: expected more than {_BYTES + len(_SPECIAL)}")
    tokenizers: Any = require("tokenizers", EXTRA)
    transformers: Any = require("transformers", EXTRA)
    made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=UNKNOWN))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            # what lies between pieces, blanks and line ends, is dropped
            tokenizers.pre_tokenizers.Split(tokenizers.Regex(_PIECE), "removed", invert=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(_SPECIAL),
        initial_alphabet=sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator(sorted(set(texts)), trainer)
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{FIRST} $A {LAST}",
        special_tokens=[(FIRST, made.token_to_id(FIRST)), (LAST, made.token_to_id(LAST))],
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=positions,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=FIRST,
        sep_token=LAST,
        mask_token=MASK,
    )
