"""Bytes in, values out: section 1 of PROTOCOL.md. Every refusal is one code."""

LARGEST = 2**53 - 1


class Refused(Exception):
    """What was read is not accepted; `code` is the word of section 26."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}".strip())
        self.code = code


def demand(condition, code, detail=""):
    """Refuses with `code` unless the condition holds."""
    if not condition:
        raise Refused(code, detail)


class Reader:
    """A position in bytes. `maximum` is the greatest length of the whole structure."""

    def __init__(self, data, maximum=None):
        demand(maximum is None or len(data) <= maximum, "too_large")
        self.data = bytes(data)
        self.at = 0

    def take(self, count):
        demand(self.at + count <= len(self.data), "malformed", "too few bytes")
        self.at += count
        return self.data[self.at - count : self.at]

    def uint(self, size):
        value = int.from_bytes(self.take(size), "big")
        demand(value <= LARGEST, "malformed", "beyond 2^53 - 1")
        return value

    def one_of(self, allowed, code="malformed"):
        value = self.uint(1)
        demand(value in allowed, code, f"value {value}")
        return value

    def within(self, size, low, high):
        value = self.uint(size)
        demand(low <= value <= high, "malformed", f"value {value}")
        return value

    def blob(self, size, maximum):
        length = self.uint(size)
        demand(length <= maximum, "too_large", f"{length} bytes")
        return self.take(length)

    def text(self, size, maximum):
        return utf8(self.blob(size, maximum))

    def list(self, size, maximum, item):
        count = self.uint(size)
        demand(count <= maximum, "too_large", f"{count} items")
        return [item(self) for _ in range(count)]

    def rest(self):
        return self.take(len(self.data) - self.at)

    def end(self):
        demand(self.at == len(self.data), "malformed", "bytes left over")


def utf8(data):
    """Well-formed UTF-8 only; a byte-order mark stays a character."""
    try:
        return data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("malformed", "not UTF-8") from None


def be(value, size):
    return value.to_bytes(size, "big")


def decode(data, maximum, read):
    """Reads a whole structure: length first, then the fields, then nothing."""
    reader = Reader(data, maximum)
    value = read(reader)
    reader.end()
    return value


def version(reader):
    return reader.one_of((1,), "unknown_version")


def suite(reader):
    return reader.one_of((2,), "unknown_suite")
