"""Files that survive a kill: atomic writes, a journal, content keys, parquet that notices damage."""

from archenc.store.atomic import atomic_path, write_bytes, write_json, write_text
from archenc.store.home import home
from archenc.store.journal import Journal
from archenc.store.keys import content_key, file_sha256

__all__ = [
    "Journal",
    "atomic_path",
    "content_key",
    "file_sha256",
    "home",
    "write_bytes",
    "write_json",
    "write_text",
]
