"""Instructions that build lists, tuples and dictionaries, use the memo, and call stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archenc.tables.unpickling.machine import Kept, Machine, Name, Refused

_DEEPEST = 10_000  # open marks; the public files have about ten
_HASHABLE = (str, int, float, bytes, type(None))
_NEWEST_PROTOCOL = 5

Instruction = Callable[[Machine], None]


def _protocol(machine: Machine) -> None:
    if (protocol := machine.unsigned(1)) > _NEWEST_PROTOCOL:
        raise ValueError(f"pickle protocol {protocol}; legal: 0..{_NEWEST_PROTOCOL}")


def _frame(machine: Machine) -> None:
    machine.take(8)  # its length, of use to a reader that buffers


def _mark(machine: Machine) -> None:
    if len(machine.marked) >= _DEEPEST:
        raise ValueError(f"more than {_DEEPEST:,} values inside each other")
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _pop_mark(machine: Machine) -> None:
    machine.since_mark()


def _tuple(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(tuple(items))


def _tuple_of(n: int) -> Instruction:
    def build(machine: Machine) -> None:
        stack = machine.stack
        if len(stack) < n:
            raise IndexError("a tuple of more values than there are")
        stack[-n:] = [tuple(stack[-n:])]

    return build


def _list(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(items)


def _append(machine: Machine) -> None:
    value = machine.stack.pop()
    _target(machine, list).append(value)


def _appends(machine: Machine) -> None:
    items = machine.since_mark()
    _target(machine, list).extend(items)


def _dict(machine: Machine) -> None:
    items = machine.since_mark()
    machine.stack.append({})
    _set(machine, items)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _set(machine, [key, value])


def _set_items(machine: Machine) -> None:
    items = machine.since_mark()
    _set(machine, items)


def _set(machine: Machine, items: list[Any]) -> None:
    target = _target(machine, dict)
    keys = items[::2]
    _check_keys(keys)
    target.update(zip(keys, items[1::2], strict=True))
    if machine.shrink is not None:
        machine.shrink(target)


def _frozenset(machine: Machine) -> None:
    items = machine.since_mark()
    _check_keys(items)
    machine.stack.append(frozenset(items))


def _add_items(machine: Machine) -> None:
    items = machine.since_mark()
    _check_keys(items)
    _target(machine, set).update(items)


def _target(machine: Machine, kind: type) -> Any:
    target = machine.stack[-1]
    if type(target) is not kind:
        raise TypeError(f"the pickle adds to a {type(target).__name__} as to a {kind.__name__}")
    return target


def _check_keys(keys: Iterable[Any]) -> None:
    """Refuse keys that are no plain values: hashing tuples in tuples in tuples would exhaust the C stack."""
    for key in keys:
        if not (
            isinstance(key, _HASHABLE) or (type(key) is tuple and all(isinstance(k, _HASHABLE) for k in key))
        ):
            raise TypeError(f"a {type(key).__name__} as the key of a dictionary or in a set")


def _global(machine: Machine) -> None:
    module = machine.line()
    machine.name(module, machine.line())


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.name(module, name)


def _call(machine: Machine) -> None:
    arguments, callee = machine.stack.pop(), machine.stack.pop()
    if type(callee) is not Name or type(arguments) is not tuple:
        raise Refused(f"the pickle calls a {type(callee).__name__} with a {type(arguments).__name__}")
    machine.stack.append(machine.call(callee, arguments))


def _call_with_keywords(machine: Machine) -> None:
    if machine.stack.pop() != {}:
        raise Refused("the pickle calls a class with keyword arguments")
    _call(machine)


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    _target(machine, Kept).state = state


def _persistent(machine: Machine) -> None:
    if machine.persistent is None:
        raise Refused("the pickle refers to an object outside of it")
    machine.stack.append(machine.persistent(machine.stack.pop()))


CONTAINERS: dict[bytes, Instruction] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    b"(": _mark,
    b"0": _pop,
    b"1": _pop_mark,
    b"2": lambda machine: machine.stack.append(machine.stack[-1]),
    b")": lambda machine: machine.stack.append(()),
    b"t": _tuple,
    b"\x85": _tuple_of(1),
    b"\x86": _tuple_of(2),
    b"\x87": _tuple_of(3),
    b"]": lambda machine: machine.stack.append([]),
    b"l": _list,
    b"a": _append,
    b"e": _appends,
    b"}": lambda machine: machine.stack.append({}),
    b"d": _dict,
    b"s": _set_item,
    b"u": _set_items,
    b"\x8f": lambda machine: machine.stack.append(set()),
    b"\x90": _add_items,
    b"\x91": _frozenset,
    b"\x94": Machine.memoize,
    b"p": lambda machine: machine.put(int(machine.line())),
    b"q": lambda machine: machine.put(machine.read(1)[0]),
    b"r": lambda machine: machine.put(machine.unsigned(4)),
    b"g": lambda machine: machine.get(int(machine.line())),
    b"h": lambda machine: machine.get(machine.read(1)[0]),
    b"j": lambda machine: machine.get(machine.unsigned(4)),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _call,
    b"\x81": _call,
    b"\x92": _call_with_keywords,
    b"b": _build,
    b"Q": _persistent,
}
