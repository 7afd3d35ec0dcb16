"""The data of operations: section 12 of PROTOCOL.md."""

from codec import Reader


def title_of(reader):
    return reader.uint(2), reader.blob(2, 512)


def read_create(r):
    return {"type": r.within(1, 1, 4), "recorded": r.within(1, 0, 1) == 1, "title": title_of(r)}


def read_respkey(r):
    return {"channel": r.take(16), "epoch": r.take(16), "key": r.take(1216)}


READERS = {
    "create": read_create,
    "policy": lambda r: {"recorded": r.within(1, 0, 1) == 1},
    "title": lambda r: {"title": title_of(r)},
    "respkey": read_respkey,
    "add": lambda _: {},
    "remove": lambda _: {},
    "role": lambda _: {},
}


def read_data(name, data):
    reader = Reader(data)
    value = READERS[name](reader)
    reader.end()
    return value


def described(name, data):
    """The data in the words of the generator."""
    if name == "respkey":
        return {"kind": name, "channel": data["channel"], "epoch": data["epoch"], "public_key": data["key"]}
    if name not in ("create", "policy", "title"):
        return {"kind": "none"}
    said = {"kind": name}
    if "type" in data:
        said["type"] = data["type"]
    if "recorded" in data:
        said["recorded"] = int(data["recorded"])
    if "title" in data:
        said["dk_ver"], said["title"] = data["title"]
    return said
