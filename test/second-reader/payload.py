"""The payload of a message: wraps and body. Section 15 of PROTOCOL.md."""

from dataclasses import dataclass

from codec import Refused, demand
from content import decode_content
from padding import message_bucket, unpad
from primitives import H, KDF, ZERO_NONCE, open_sealed

WRAP = 66
LARGEST_BODY = 65536


@dataclass
class MessageWrap:
    epoch: bytes
    gen: int
    sealed: bytes


def wraps_of(data):
    parts = [data[i : i + WRAP] for i in range(0, len(data), WRAP)]
    return [MessageWrap(p[:16], int.from_bytes(p[16:18], "big"), p[18:]) for p in parts]


def split(entry):
    """(wraps, body) of a whole or trimmed payload."""
    nseg = entry.fields["nseg"]
    for count in (nseg, 1) if nseg > 1 else (1,):
        wraps, body = entry.payload[: count * WRAP], entry.payload[count * WRAP :]
        if not 17 <= len(body) <= LARGEST_BODY or H("body-hash", body) != entry.fields["body_hash"]:
            continue
        demand(count < nseg or H("wraps", wraps) == entry.fields["wraps_hash"], "malformed", "wraps")
        return wraps_of(wraps), body
    raise Refused("malformed", "payload")


def open_message(entry, keys):
    """(plain bytes, content). `keys` maps (epoch, generation) to AK; None when none fits: locked."""
    wraps, body = split(entry)
    held = [w for w in wraps if (w.epoch, w.gen) in keys]
    if not held:
        return None
    wrap = held[0]
    hh = H("head0", entry.head0)
    aad = wrap.epoch + wrap.gen.to_bytes(2, "big")
    k_m = open_sealed(KDF(keys[wrap.epoch, wrap.gen], "kw", hh), aad, ZERO_NONCE, wrap.sealed)
    demand(KDF(k_m, "commit", entry.fields["mid"]) == entry.fields["commit"], "cannot_open", "commitment")
    padded = open_sealed(KDF(k_m, "body", hh), hh, ZERO_NONCE, body)
    plain = unpad(padded, message_bucket)
    return plain, decode_content(plain, entry.name)
