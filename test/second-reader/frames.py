"""Frames, pages, and the bodies of the routes. Sections 23 and 24 of PROTOCOL.md."""

from cards import BLOB_SIZE
from codec import Reader, decode, demand

FRAME = 1 << 20
ENTRY = 73728


def read_stub(r):
    return {"kind": r.uint(1), "subject": r.take(16), "id": r.take(32)}


TYPES = {
    1: ("entry", lambda r: {"n": r.uint(8), "bytes": r.rest()}),
    2: ("header", lambda r: {"n": r.uint(8), "bytes": r.rest()}),
    3: ("stub", lambda r: {"log": r.take(16), "n": r.uint(8), "stub": read_stub(r)}),
    4: ("head", lambda r: {"bytes": r.take(148)}),
    5: (
        "wrap",
        lambda r: {
            "id": r.uint(8), "log": r.take(16), "epoch": r.take(16), "gen": r.uint(2), "bytes": r.take(1188),
        },  # fmt: skip
    ),
    6: ("parcel", lambda r: {"id": r.uint(8), "bytes": r.rest()}),
    7: ("more", lambda _: {}),
    8: ("alive", lambda r: {"t": r.uint(8)}),
}


def read_frame(r):
    name, read = TYPES[r.one_of(TYPES)]
    return {"type": name} | read(r)


def decode_frame(data):
    return decode(data, FRAME, read_frame)


def decode_page(data):
    reader, frames = Reader(data), []
    while reader.at < len(reader.data):
        frames.append(decode_frame(reader.blob(4, FRAME)))
    return frames


def place(r):
    return {"log": r.take(16), "n": r.uint(8)}


def item(r):
    entry = r.blob(4, ENTRY)
    return {"entry": entry, "card": card(r), "wraps": r.list(2, 800, lambda x: x.take(1188))}


def card(r):
    """Nothing, or what the box stores of a card with the sealed blob."""
    data = r.blob(2, 1024)
    if not data:
        return None
    demand(len(data) == 32 + BLOB_SIZE, "malformed", "card")
    return {"stored": data[:32], "blob": data[32:]}


def items(r):
    return r.list(2, 256, item)


def receipts(most):
    return lambda r: {"receipts": r.list(2, most, lambda x: x.take(172))}


# (greatest length, layout) of each body and answer
BODIES = {
    "card": (64, lambda r: {"lookup": r.take(16)}),
    "card answer": (None, lambda r: {"org": r.take(16), "blob": r.blob(2, 1024)}),
    "enrol": (
        64 << 10,
        lambda r: {"org": r.take(16), "lookup": r.take(16), "items": items(r), "prekey": r.take(1334)},
    ),
    "entries": (1 << 20, lambda r: {"items": items(r)}),
    "placed": (
        None,
        lambda r: {"places": r.list(2, 256, place), "heads": r.list(2, 256, lambda x: x.take(148))},
    ),
    "wraps": (
        1 << 20,
        lambda r: {
            "log": r.take(16), "epoch": r.take(16), "gen": r.uint(2),
            "wraps": r.list(2, 800, lambda x: x.take(1188)),
        },  # fmt: skip
    ),
    "sync": (
        1 << 20,
        lambda r: {
            "held": r.list(4, 20000, place), "wrap_id": r.uint(8), "parcels": r.list(2, 1000, lambda x: x.uint(8)),
        },  # fmt: skip
    ),
    "prekey": (2 << 10, lambda r: {"prekey": r.take(1334)}),
    "prekeys": (64 << 10, lambda r: {"devices": r.list(2, 2048, lambda x: x.take(16))}),
    "prekeys answer": (None, lambda r: {"prekeys": r.list(2, 2048, lambda x: x.take(1334))}),
    "receipt": (256 << 10, receipts(1000)),
    "receipts": (64, lambda r: {"log": r.take(16)}),
    "receipts answer": (None, receipts(65535)),
    "parcel": (80 << 10, lambda r: {"device": r.take(16), "parcel": r.blob(4, 71120)}),
}


def decode_body(name, data):
    maximum, read = BODIES[name]
    return decode(data, maximum, read)
