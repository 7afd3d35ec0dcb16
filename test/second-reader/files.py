"""File chunks: section 21 of PROTOCOL.md."""

from codec import be, demand
from padding import message_bucket
from primitives import H, KDF, blake, open_sealed, seal

CHUNK = 65536
NONCE = 24


def padded_size(size):
    return message_bucket(max(size, 1))


def file_id(key, size):
    return H("file-id", KDF(key, "file-commit", be(size, 8)))


def content_hash(content):
    return H("file-content", blake(content))


def chunk_count(size):
    return -(-padded_size(size) // CHUNK)


def chunk_length(size, index):
    """How many padded bytes chunk i holds."""
    return min(CHUNK, padded_size(size) - index * CHUNK)


def place(key, size, index):
    """(key, associated data) of chunk i."""
    total = chunk_count(size)
    demand(0 <= index < total, "malformed", "beyond the end")
    last = 1 if index == total - 1 else 0
    aad = file_id(key, size) + be(index, 8) + bytes([last]) + be(total, 8)
    return KDF(key, "file-key", be(size, 8)), aad


def nonce_of(key, index, padded):
    return KDF(key, "file-nonce", be(index, 8) + padded)[:NONCE]


def open_chunk(key, size, index, sealed):
    chunk_key, aad = place(key, size, index)
    padded = open_sealed(chunk_key, aad, sealed[:NONCE].ljust(NONCE, b"\0"), sealed[NONCE:])
    demand(len(padded) == chunk_length(size, index), "cannot_open", "length of a chunk")
    plain = padded[: max(0, min(CHUNK, size - index * CHUNK))]
    demand(padded == plain.ljust(len(padded), b"\0"), "cannot_open", "padding")
    return plain


def seal_chunk(key, size, index, plain):
    chunk_key, aad = place(key, size, index)
    padded = plain.ljust(chunk_length(size, index), b"\0")
    nonce = nonce_of(key, index, padded)
    return nonce + seal(chunk_key, aad, nonce, padded)
