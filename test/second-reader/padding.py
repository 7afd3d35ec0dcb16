"""Padding: sections 10 and 15 of PROTOCOL.md."""

from codec import demand


def message_bucket(length):
    if length <= 4096:
        return -(-length // 256) * 256
    e = length.bit_length() - 1
    step = 1 << (e - e.bit_length())
    return -(-length // step) * step


def profile_bucket(length):
    return -(-length // 64) * 64


def pad(data, bucket):
    return data + b"\x80" + bytes(bucket(len(data) + 1) - len(data) - 1)


def unpad(padded, bucket):
    """The one plain text that pads to these bytes, or `malformed`."""
    plain = padded.rstrip(b"\0")
    demand(plain.endswith(b"\x80"), "malformed", "no marker")
    demand(bucket(len(plain)) == len(padded), "malformed", "padded length")
    return plain[:-1]
