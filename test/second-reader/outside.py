"""Signed structures outside the logs: prekey, receipt, head, report, history. Sections 14 and 18 to 20."""

import xwing
from codec import Reader, decode, demand, suite, version
from primitives import KDF, ZERO_NONCE, open_sealed, verify

MOST_KEYS = 1000
MOST_GAPS = 16


def decode_signed(data, maximum, read):
    """Reads the fields and the signature, and keeps what the signature is over."""

    def whole(reader):
        value = read(reader)
        value["_signed"] = reader.data[: reader.at]
        value["sig"] = reader.take(64)
        return value

    return decode(data, maximum, whole)


def verify_signed(value, key, name):
    demand(value.get("era", 0) == 0, "malformed", "era")
    verify(key, name, value["_signed"], value["sig"])
    return value


def read_prekey(r):
    value = {"ver": version(r), "suite": suite(r), "org": r.take(16), "device": r.take(16), "pkid": r.uint(4)}
    value |= {"not_before": r.uint(8), "not_after": r.uint(8)}
    return value | {"public_key": r.take(xwing.PUBLIC)}


def read_receipt(r):
    value = {"ver": version(r), "kind": r.one_of((96,)), "org": r.take(16), "log": r.take(16)}
    value |= {"device": r.take(16), "era": r.uint(2), "upto": r.uint(8), "h": r.take(32)}
    value["gaps"] = r.list(1, MOST_GAPS, lambda x: {"from": x.uint(8), "to": x.uint(8)})
    least = 1
    for gap in value["gaps"]:
        demand(least <= gap["from"] <= gap["to"] <= value["upto"], "malformed", "gap")
        least = gap["to"] + 2
    return value | {"t": r.uint(8)}


def read_head(r):
    value = {"ver": version(r), "kind": r.one_of((98,)), "org": r.take(16), "log": r.take(16)}
    return value | {"era": r.uint(2), "n": r.uint(8), "h": r.take(32), "t": r.uint(8)}


def read_report(r):
    value = {"ver": version(r), "kind": r.one_of((99,)), "org": r.take(16), "about": r.one_of((1, 2, 3))}
    return value | {"seq": r.uint(8), "t": r.uint(8), "data": r.blob(2, 1024)}


def decode_prekey(data):
    return decode_signed(data, 1334, read_prekey)


def verify_prekey(value, key):
    """Signed, and something can be sealed to it."""
    verify_signed(value, key, "prekey")
    demand(xwing.takes(value["public_key"]), "malformed", "public key")
    return value


def decode_receipt(data):
    return decode_signed(data, 165 + 16 * MOST_GAPS, read_receipt)


def decode_head(data):
    return decode_signed(data, 148, read_head)


def decode_report(data):
    return decode_signed(data, 101 + 1024, read_report)


def read_history(r):
    value = {"ver": version(r), "kind": r.one_of((97,)), "suite": suite(r), "flags": r.one_of((0,))}
    value |= {"org": r.take(16), "from": r.take(16), "to": r.take(16), "pkid": r.uint(4), "t": r.uint(8)}
    value["count"] = r.uint(2)
    demand(value["count"] <= MOST_KEYS, "malformed", "keys")
    value["_head"] = r.data[: r.at]
    return value | {"ct": r.take(xwing.CIPHERTEXT), "sealed": r.take(66 * value["count"] + 16)}


def decode_history(data):
    """Its count fixes the length, so that one too long is as malformed as one too short."""
    return decode_signed(data, None, read_history)


def read_key(r):
    return {"channel": r.take(16), "epoch": r.take(16), "gen": r.uint(2), "ak": r.take(32)}


def open_history(value, seed):
    """The keys that a history brings; the signature is checked before."""
    secret = xwing.decapsulate(seed, value["ct"])
    plain = open_sealed(KDF(secret, "hist-key", value["_head"]), value["_head"], ZERO_NONCE, value["sealed"])
    reader = Reader(plain)
    keys = [read_key(reader) for _ in range(value["count"])]
    reader.end()
    return keys

