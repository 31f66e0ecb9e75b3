"""One vocabulary for all spaces: operations by what they are, and an output token a space."""

from __future__ import annotations

from functools import cache

from archenc.encoders.frame import registered_space
from archenc.encoders.learned.vocabulary import RESERVED, TokenFrame
from archenc.errors import InvalidArgument

SPACES = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
"""The spaces that our joint weights know; their number and order are part of the ids."""

_OTHER = "<output of {}>"


@cache
def unified_frame(space_name: str, spaces: tuple[str, ...] = SPACES) -> TokenFrame:
    """Return the frame of a space in the joint vocabulary of several.

    An operation has one id, whatever the space: conv3x3 is conv3x3. What tells spaces apart is the token of
    the output node, one a space: every node of a cell has a path to it. All frames have the width of the
    widest. Raises InvalidArgument for a space that is not among them.
    """
    name = registered_space(space_name).name
    frames = [TokenFrame.of(member) for member in spaces]
    known: dict[str, None] = {}
    for frame in frames:
        known |= dict.fromkeys(token for token in frame.tokens if token not in (*RESERVED, "output"))
    own = next((frame for frame in frames if frame.space == name), None)
    if own is None:
        raise InvalidArgument(f"{name} is not among the spaces of the joint vocabulary: {', '.join(spaces)}")
    outputs = ["output" if frame.space == name else _OTHER.format(frame.space) for frame in frames]
    tokens = (*RESERVED, *known, *outputs)
    width = max(frame.width for frame in frames)
    return TokenFrame(name, tokens, width, own.n_cells, own.inputs, own.rewire)
