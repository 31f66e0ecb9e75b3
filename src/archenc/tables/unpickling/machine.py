"""The stack machine itself: a stream, a stack, a memo, and a table of instructions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Any, Final, final

_CHUNK = 1 << 20
_STEP = 16  # by how much the number of a memo entry may run ahead: old writers count from 1
_SHORT = 16  # items of an argument that may be copied again and again; four times as many characters
_NOTHING: Final = object()
_CONTAINERS = (list, tuple, dict, set, frozenset)
_SIZED = (*_CONTAINERS, str, bytes)


class Refused(Exception):
    """A pickle that asks for what no data needs."""


@final
class Kept:
    """Stands for an object of another library: what it was made of, and its state. It does nothing."""

    __slots__ = ("arguments", "kind", "state")

    def __init__(self, kind: str, arguments: tuple[Any, ...]) -> None:
        self.kind = kind
        self.arguments = arguments
        self.state: Any = None


def keep(kind: str) -> Callable[..., Kept]:
    """Return a stand-in that keeps its arguments under a kind of its own."""
    return lambda *arguments: Kept(kind, arguments)


@final
class Name:
    """The name of a class or function in a pickle, with our stand-in for calling it."""

    __slots__ = ("make", "text")

    def __init__(self, text: str, make: Callable[..., Any]) -> None:
        self.text = text
        self.make = make


Shrink = Callable[[dict[Any, Any]], None]
"""Called with a dictionary whenever the pickle has added to it; may replace what it holds by less."""


@final
class Machine:
    """Runs the instructions of the pickles in a stream, one pickle a `load`.

    stream: buffered. names: "module.name" -> stand-in; any other name is Refused. instructions: by code; any
    other is Refused. persistent: called with the description of an object that lies outside of the pickle
    (PyTorch's storages). shrink: see `Shrink`; with it a file whose whole content would fill the memory can
    be read, as long as each of its parts fits.
    The memory used is bounded by a small multiple of the bytes read, and a declared length is not believed.
    Raises Refused, and nearly any other error for a damaged pickle: the caller turns those into DataError.
    """

    def __init__(
        self,
        stream: BufferedIOBase,
        names: Mapping[str, Callable[..., Any]],
        instructions: Mapping[bytes, Callable[[Machine], None]],
        *,
        persistent: Callable[[Any], Any] | None = None,
        shrink: Shrink | None = None,
    ) -> None:
        self.read = stream.read
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.interned: dict[str, str] = {}
        self.persistent = persistent
        self.shrink = shrink
        self._stream = stream
        self._names = {text: Name(text, make) for text, make in names.items()}
        self._memo: list[Any] = []
        self._given: dict[int, Any] = {}
        self._handlers = [instructions.get(bytes([code]), _refuse) for code in range(256)]

    def load(self) -> Any:
        """Return the value of the next pickle in the stream."""
        self.stack, self.marked, self._memo, self._given = [], [], [], {}
        read, handlers = self.read, self._handlers
        while code := read(1):
            if code == b".":
                if self.marked or len(self.stack) != 1:
                    raise ValueError("a pickle of no value or of several")
                self._memo, self._given = [], {}
                return self.stack.pop()
            self.code = code
            handlers[code[0]](self)
        raise EOFError("the pickle ends before its end")

    def take(self, n: int) -> bytes:
        """Read n bytes, whatever n claims to be: memory grows with what is there."""
        if n > _CHUNK:
            parts = []
            while n > 0 and (part := self.read(min(n, _CHUNK))):
                parts.append(part)
                n -= len(part)
            if n:
                raise EOFError("the pickle ends inside a value")
            return b"".join(parts)
        data = self.read(n) if n >= 0 else b""
        if len(data) != n:
            raise EOFError("the pickle ends inside a value")
        return data

    def line(self) -> str:
        """Read a line, as the instructions of the oldest protocol have it; a byte a character."""
        line = self._stream.readline(_CHUNK)
        if not line.endswith(b"\n"):
            raise EOFError("the pickle ends inside a line")
        return line[:-1].decode("latin-1")

    def unsigned(self, size: int) -> int:
        """Read an integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def since_mark(self) -> list[Any]:
        """Return what was pushed after the last mark, and go back to before it."""
        items, self.stack = self.stack, self.marked.pop()
        return items

    def memoize(self) -> None:
        """Remember the top of the stack under the next number."""
        self._memo.append(self.stack[-1])

    def put(self, at: int) -> None:
        """Remember the top of the stack under a number; numbers come in order."""
        memo = self._memo
        if at == len(memo):
            memo.append(self.stack[-1])
            return
        if not 0 <= at < len(memo) + _STEP:
            raise ValueError(f"memo entry {at:,} after {len(memo):,}")
        memo.extend([_NOTHING] * (at + 1 - len(memo)))
        memo[at] = self.stack[-1]

    def get(self, at: int) -> None:
        """Push what is remembered under a number."""
        value = self._memo[at] if at >= 0 else _NOTHING
        if value is _NOTHING:
            raise ValueError(f"memo entry {at:,} is empty")
        self.stack.append(value)

    def call(self, name: Name, arguments: tuple[Any, ...]) -> Any:
        """Return what a stand-in makes of its arguments.

        It may copy them, and the memo gives a value again for two bytes: a long one goes into one call only,
        or a small file would ask for any number of copies. No writer of data asks for a second.
        """
        for value in arguments:
            kind = type(value)
            if kind in _SIZED and len(value) > (_SHORT if kind in _CONTAINERS else 4 * _SHORT):
                if id(value) in self._given:
                    raise Refused(f"the pickle gives {name.text} a {kind.__name__} that it has given before")
                self._given[id(value)] = value  # kept, so that no other value gets its id
        return name.make(*arguments)

    def name(self, module: object, name: object) -> None:
        """Push the stand-in of a name. Raises Refused where there is none."""
        known = self._names.get(f"{module}.{name}") if type(module) is str and type(name) is str else None
        if known is None:
            legal = ", ".join(sorted(self._names)) or "none"
            raise Refused(f"the pickle asks for {str(module)[:80]}.{str(name)[:80]}; legal names: {legal}")
        self.stack.append(known)


def _refuse(machine: Machine) -> None:
    raise Refused(f"the pickle has the instruction {machine.code!r}, which builds no data")
