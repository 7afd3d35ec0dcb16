"""Frames, pages, and the bodies of the routes. Sections 23 and 24 of PROTOCOL.md."""

from codec import Reader, decode
from kinds import NAMES

FRAME = 1 << 20
ENTRY = 73728


def read_stub(r):
    return {"kind": r.one_of(NAMES), "subject": r.take(16), "id": r.take(32)}


TYPES = {
    1: ("entry", lambda r: {"n": r.uint(8), "bytes": r.rest()}),
    2: ("header", lambda r: {"n": r.uint(8), "bytes": r.rest()}),
    3: ("stub", lambda r: {"log": r.take(16), "n": r.uint(8), "stub": read_stub(r)}),
    4: ("head", lambda r: {"bytes": r.take(148)}),
    5: (
        "wrap",
        lambda r: {
            "id": r.uint(8), "log": r.take(16), "epoch": r.take(16), "gen": r.uint(2), "wrap": r.take(1188),
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
        frames.append(decode_frame(reader.take(reader.uint(4))))
    return frames


def place(r):
    return {"log": r.take(16), "n": r.uint(8)}


def item(r):
    """`card` is looked into by whoever keeps cards."""
    return {"entry": r.blob(4, ENTRY), "card": r.blob(2, 1024), "wraps": wraps(r)}


def wraps(r):
    return r.list(2, 800, lambda x: x.take(1188))


def items(r):
    return r.list(2, 256, item)


def receipts(most):
    return lambda r: {"receipts": r.list(2, most, lambda x: x.blob(2, 421))}


def sync(r):
    have = r.list(4, 20000, place)
    return {"have": have, "wraps_seen": r.uint(8), "parcels": r.list(2, 1000, lambda x: x.uint(8))}


def placed(r):
    return {"places": r.list(2, 256, place), "heads": r.list(2, 256, lambda x: x.take(148))}


def enrol(r):
    return {"org": r.take(16), "lookup": r.take(16), "items": items(r), "prekey": r.take(1334)}


def push_subscription(r):
    keys = {"endpoint": r.text(2, 1024), "p256dh": r.take(65), "auth": r.take(16)}
    return keys | {"chat": r.within(1, 0, 1)}


def delivery(r):
    return {"log": r.take(16), "epoch": r.take(16), "gen": r.uint(2), "wraps": wraps(r)}


def checkpoint(r):
    entry = {"n": r.uint(8), "entry": r.blob(2, 1024), "total": r.uint(4)}
    return entry | {"bytes": r.blob(4, 786432)}


def part(r):
    return {"log": r.take(16), "file": r.take(32), "part": r.uint(2)}


KIB = 1024
PART = 16 * (65536 + 24 + 16)
# route: (greatest length of the body, its layout, layout of the answer)
ROUTES = {
    "card": (64, lambda r: {"lookup": r.take(16)}, lambda r: {"org": r.take(16), "card": r.blob(2, 1024)}),
    "enrol": (64 * KIB, enrol, placed),
    "entries": (KIB * KIB, lambda r: {"items": items(r)}, placed),
    "wraps": (KIB * KIB, delivery, lambda _: {}),
    "sync": (KIB * KIB, sync, None),
    "prekey": (2 * KIB, lambda r: {"prekey": r.take(1334)}, lambda _: {}),
    "prekeys": (
        64 * KIB,
        lambda r: {"devices": r.list(2, 2048, lambda x: x.take(16))},
        lambda r: {"prekeys": r.list(2, 2048, lambda x: x.take(1334))},
    ),
    "receipt": (512 * KIB, receipts(1000), lambda _: {}),
    "receipts": (64, lambda r: {"log": r.take(16)}, receipts(65535)),
    "checkpoint": (64, lambda r: {"by": r.take(16), "at": r.uint(4)}, checkpoint),
    "directory": (64, lambda r: {"from": r.uint(8)}, None),
    "fileOpen": (
        64,
        lambda r: {"log": r.take(16), "file": r.take(32), "size": r.uint(8)},
        lambda r: {"parts": r.blob(2, 512)},
    ),
    "filePut": (PART + 64, lambda r: part(r) | {"bytes": r.blob(4, PART)}, lambda _: {}),
    "fileGet": (64, lambda r: part(r), lambda r: {"bytes": r.blob(4, PART)}),
    "fileDrop": (64, lambda r: {"log": r.take(16), "file": r.take(32)}, lambda _: {}),
    "pushKey": (64, lambda _: {}, lambda r: {"key": r.take(65)}),
    "pushPut": (2048, push_subscription, lambda _: {}),
    "pushTest": (64, lambda _: {}, lambda _: {}),
    "parcel": (80 * KIB, lambda r: {"to": r.take(16), "bytes": r.blob(4, 71120)}, lambda _: {}),
}


def decode_body(route, is_answer, data):
    maximum, body, answer = ROUTES[route]
    return decode(data, None, answer) if is_answer else decode(data, maximum, body)
