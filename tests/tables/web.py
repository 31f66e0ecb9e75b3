"""A web server on this machine that misbehaves as told, and counts what it sends."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Deed = Callable[["Handler", bytes], None]
"""How one request is answered."""


@dataclass
class Web:
    """A server on a free port. put: what it has. deeds: the first answers to a path; then it behaves."""

    put: dict[str, bytes] = field(default_factory=dict)
    deeds: defaultdict[str, list[Deed]] = field(default_factory=lambda: defaultdict(list))
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    sent: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.web = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, handler: Handler) -> None:
        path = handler.path
        self.asked.append((path, handler.headers["Range"]))
        if path.lstrip("/") not in self.put and not self.deeds[path]:
            status(404)(handler, b"")
            return
        deed = self.deeds[path].pop(0) if self.deeds[path] else well
        deed(handler, self.put.get(path.lstrip("/"), b""))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed, or had enough
            super().handle()

    def do_GET(self) -> None:
        self.server.web.answer(self)  # type: ignore[attr-defined]

    def head(self, code: int, **headers: object) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.flush()

    def body(self, content: bytes) -> None:
        for at in range(0, len(content), 4096):
            piece = content[at : at + 4096]
            self.wfile.write(piece)
            self.server.web.sent[self.path] += len(piece)  # type: ignore[attr-defined]

    @property
    def start(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        return int(found[1]) if found else 0

    def head_of(self, content: bytes) -> bytes:
        """Send the head of a right answer; return the bytes that belong after it."""
        total, start = len(content), self.start
        if not start:
            self.head(200, Content_Length=total)
        elif start >= total:
            self.head(416, Content_Range=f"bytes */{total}", Content_Length=0)
            return b""
        else:
            self.head(206, Content_Length=total - start, Content_Range=f"bytes {start}-{total - 1}/{total}")
        return content[start:]

    def log_message(self, *_: Any) -> None:
        pass


def well(handler: Handler, content: bytes) -> None:
    """Answer as a server should, ranges too."""
    handler.body(handler.head_of(content))


def instead(other: bytes) -> Deed:
    """Behave, with another content."""
    return lambda handler, _: well(handler, other)


def status(code: int, **headers: object) -> Deed:
    return lambda handler, _: handler.head(code, Content_Length=0, **headers)


def cut(after: int) -> Deed:
    """Promise everything, send `after` bytes, and close."""

    def deed(handler: Handler, content: bytes) -> None:
        handler.body(handler.head_of(content)[:after])
        handler.close_connection = True

    return deed


def reset(after: int) -> Deed:
    """Send `after` bytes, and reset the connection."""

    def deed(handler: Handler, content: bytes) -> None:
        handler.body(handler.head_of(content)[:after])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.shutdown(socket.SHUT_RD)
        handler.connection.close()
        handler.close_connection = True

    return deed


def stall(after: int) -> Deed:
    """Send `after` bytes, and then nothing."""

    def deed(handler: Handler, content: bytes) -> None:
        handler.body(handler.head_of(content)[:after])
        handler.server.web.ended.wait(20)  # type: ignore[attr-defined]
        handler.close_connection = True

    return deed


def ignore_range(handler: Handler, content: bytes) -> None:
    """Send all of it, whatever was asked."""
    handler.head(200, Content_Length=len(content))
    handler.body(content)


def say_length(length: int) -> Deed:
    """Say a wrong Content-Length, and send what there is."""

    def deed(handler: Handler, content: bytes) -> None:
        handler.head(200, Content_Length=length)
        handler.body(content)
        handler.close_connection = True

    return deed


def chunked(handler: Handler, content: bytes) -> None:
    """Do not say how long it is."""
    handler.head(200, Transfer_Encoding="chunked")
    for at in range(0, len(content), 5000):
        piece = content[at : at + 5000]
        handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def compress(handler: Handler, content: bytes) -> None:
    handler.head(200, Content_Encoding="gzip", Content_Length=len(content))
    handler.body(content)


def other_range(handler: Handler, content: bytes) -> None:
    """Answer another range than the one asked for."""
    total = len(content)
    handler.head(206, Content_Length=total - 1, Content_Range=f"bytes 1-{total - 1}/{total}")
    handler.body(content[1:])


def as_proxy(handler: Handler, _: bytes) -> None:
    """Answer for the server whose whole address is the path."""
    handler.path = re.sub(r"^http://[^/]+/", "/", handler.path)
    well(handler, handler.server.web.put[handler.path.lstrip("/")])  # type: ignore[attr-defined]
