"""Sealed profiles, titles, absences and releases: section 10 of PROTOCOL.md."""

from codec import Reader
from padding import profile_bucket, unpad
from primitives import open_sealed

PROFILE = {"name": 200, "mail": 254, "mobile": 40, "department": 200, "site": 200, "title": 200}


def open_padded(dk, aad, sealed, bucket=profile_bucket):
    return unpad(open_sealed(dk, aad, sealed[:24], sealed[24:]), bucket)


def open_profile(dk, person, sealed):
    reader = Reader(open_padded(dk, person, sealed))
    value = {name: reader.text(1, most) for name, most in PROFILE.items()}
    reader.end()
    return value


def open_title(dk, org, sealed):
    reader = Reader(open_padded(dk, org, sealed))
    value = reader.text(1, 200)
    reader.end()
    return value


def open_absence(dk, person, sealed):
    reader = Reader(open_padded(dk, person + b"\x0b", sealed, lambda _: 256))
    value = {"until": reader.uint(8), "note": reader.text(1, 200)}
    reader.end()
    return value


def open_running(dk, device, sealed):
    reader = Reader(open_padded(dk, device + b"\x0d", sealed, lambda _: 64))
    value = {"version": reader.text(1, 20), "manifest": reader.take(32)}
    reader.end()
    return value
