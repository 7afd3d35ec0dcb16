"""Signed requests: section 22 of PROTOCOL.md."""

import base64

from codec import be, decode, demand, version
from primitives import H, verify

METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "LIVE": 255}
SIZE = 129


def read_signature(r):
    value = {"ver": version(r), "org": r.take(16), "device": r.take(16), "window": r.take(16)}
    return value | {"nonce": r.take(16), "sig": r.take(64)}


def decode_signature(data):
    return decode(data, SIZE, read_signature)


def from_header(text):
    """The bytes of `holdfast-signature`: base64url, no padding, spare bits zero."""
    plain = text.encode("utf-8", "surrogatepass")
    try:
        data = base64.b64decode(plain + b"=" * (-len(plain) % 4), b"-_", validate=True)
    except ValueError:
        data = None
    same = data is not None and base64.urlsafe_b64encode(data).rstrip(b"=") == plain
    demand(same, "malformed", "base64url")
    return decode_signature(data)


def verify_request(value, key, method, host, target, body):
    """host and target as they came over the wire, body as bytes."""
    hosted, aimed = host.encode(), target.encode()
    signed = b"\x01" + value["org"] + value["device"] + value["window"] + value["nonce"]
    signed += bytes([METHODS[method], len(hosted)]) + hosted + be(len(aimed), 2) + aimed
    verify(key, "req", signed + H("request-body", body), value["sig"])
