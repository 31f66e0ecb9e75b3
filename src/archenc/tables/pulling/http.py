"""One GET over HTTPS, from a byte on: redirects, proxies, and which failures are worth another attempt."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import final
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from archenc.errors import DataError

_CHUNK = 1 << 15
_REDIRECTS = 5
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 60.0
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Passing(Exception):
    """A failure that may be gone at the next attempt; after: seconds that the server asked to wait."""

    def __init__(self, reason: str, *, after: float = 0.0, answered: bool = True) -> None:
        super().__init__(reason)
        self.after = after
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Body:
    """An answer. start: the byte at which it begins. total: bytes of the whole file, None if not said."""

    start: int
    total: int | None
    chunks: Iterator[bytes]


@final
class Http:
    """A connection that is kept between files; proxies and certificates as the environment says.

    timeout: seconds to wait for a connection, and for each piece of an answer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers.update(
            {
                "User-Agent": f"archenc/{version('archenc')}",
                "Accept": "*/*",
                "Accept-Encoding": "identity",  # so that a byte of the answer is a byte of the file
            }
        )

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @contextmanager
    def get(self, url: str, start: int = 0) -> Iterator[Body]:
        """Ask for a file from byte `start` on.

        The answer may begin at 0 all the same: a server may ignore ranges, or have fewer bytes than `start`.
        Raises Passing, also while the chunks are read, and DataError: refused for good.
        """
        with _failures(url):
            response = self._follow(url, {"Range": f"bytes={start}-"} if start else {})
        try:
            if response.status_code == 416:  # it has no byte there: what we have is of another version
                response.close()
                with _failures(url):
                    response = self._follow(url, {})
            yield _body(url, response)
        finally:
            response.close()

    def _follow(self, url: str, headers: dict[str, str]) -> requests.Response:
        for _ in range(_REDIRECTS + 1):
            check_address(url)
            response = self._session.get(
                url, headers=headers, stream=True, timeout=self._timeout, allow_redirects=False
            )
            if not response.is_redirect:
                return response
            response.close()
            onward = _joined(url, response.headers["Location"])
            if urlsplit(url).scheme == "https" != urlsplit(onward).scheme:
                raise DataError(f"{url}: leads to {onward}, which is not encrypted; refused")
            url = onward
        raise DataError(f"{url}: more than {_REDIRECTS} redirects; refused")


def _joined(url: str, location: str) -> str:
    try:
        onward = urljoin(url, location)
    except ValueError as error:
        raise DataError(f"{url}: leads to {location!r}, which is no address: {error}") from error
    check_address(onward)
    return onward


def check_address(url: str) -> None:
    """Raise DataError unless an address is https, or http on this machine (a mirror of one's own)."""
    try:
        parts = urlsplit(url)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise DataError(f"{url}: no address: {error}") from error
    if not (host and (scheme == "https" or (scheme == "http" and _is_here(host)))):
        raise DataError(f"{url}: refused; expected an address that begins with https://")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _body(url: str, response: requests.Response) -> Body:
    status = response.status_code
    if status in _PASSING:
        raise Passing(f"the server answers {status} {response.reason}", after=_wait(response))
    if status not in (200, 206):
        raise DataError(f"{url}: the server answers {status} {response.reason}")
    if (coding := response.headers.get("Content-Encoding", "identity")) != "identity":
        raise DataError(f"{url}: the server sends it compressed ({coding}) though asked not to")
    if status == 200:
        length = response.headers.get("Content-Length", "")
        return Body(0, int(length) if _LENGTH.fullmatch(length) else None, _chunks(url, response))
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None:
        raise DataError(f"{url}: the server answers 206 without saying which bytes it sends")
    total = None if found[2] == "*" else int(found[2])
    return Body(int(found[1]), total, _chunks(url, response))


def _chunks(url: str, response: requests.Response) -> Iterator[bytes]:
    with _failures(url):
        yield from response.raw.stream(_CHUNK, decode_content=False)


def _wait(response: requests.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else 0.0


@contextmanager
def _failures(url: str) -> Iterator[None]:
    """Turn what requests raises into Passing, or into a DataError where another attempt cannot help."""
    host = urlsplit(url).netloc
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise DataError(f"{url}: the certificate of {host} cannot be trusted ({_core(error)})") from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidProxyURL) as error:
        raise DataError(f"{url}: no address that can be asked ({error})") from error
    except requests.exceptions.ProxyError as error:
        raise Passing(f"the proxy does not lead to {host} ({_core(error)})", answered=False) from error
    except requests.exceptions.ConnectTimeout as error:
        raise Passing(f"{host} does not answer in time", answered=False) from error
    except requests.exceptions.ReadTimeout as error:
        raise Passing(f"{host} does not answer in time") from error
    except requests.exceptions.ConnectionError as error:
        raise Passing(f"no connection to {host} ({_core(error)})", answered=False) from error
    except requests.exceptions.RequestException as error:
        raise DataError(f"{url}: {_core(error)}") from error
    except ValueError as error:  # requests parses where a redirect leads
        raise DataError(f"{url}: leads to what is no address: {error}") from error
    except (HTTPError, OSError) as error:  # in the middle of an answer
        raise Passing(f"the connection to {host} broke off ({_core(error)})") from error


def _core(error: BaseException) -> str:
    """Return the reason at the bottom of a chain of wrapped errors."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (part for part in error.args if isinstance(part, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            return getattr(error, "strerror", None) or str(error) or type(error).__name__
        error = inner
