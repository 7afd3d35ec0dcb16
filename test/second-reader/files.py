"""File chunks: section 21 of PROTOCOL.md."""

from codec import be, demand
from primitives import H, KDF, open_sealed, seal

CHUNK = 65536
LARGEST = 2 << 30


def file_id(key, size):
    return H("file-id", KDF(key, "file-commit", be(size, 8)))


def chunk_count(size):
    demand(0 <= size <= LARGEST, "too_large")
    return max(1, -(-size // CHUNK))


def open_chunk(key, size, index, sealed):
    total = chunk_count(size)
    demand(0 <= index < total, "malformed", "beyond the end")
    last = 1 if index == total - 1 else 0
    aad = file_id(key, size) + be(index, 8) + bytes([last]) + be(total, 8)
    plain = open_sealed(KDF(key, "file-key", be(size, 8)), aad, bytes(16) + be(index, 8), sealed)
    expected = size - index * CHUNK if last else CHUNK
    demand(len(plain) == expected, "malformed", "length of a chunk")
    return plain


def seal_chunk(key, size, index, plain):
    total = chunk_count(size)
    last = 1 if index == total - 1 else 0
    aad = file_id(key, size) + be(index, 8) + bytes([last]) + be(total, 8)
    return seal(KDF(key, "file-key", be(size, 8)), aad, bytes(16) + be(index, 8), plain)
