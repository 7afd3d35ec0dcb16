"""Every vector of test/vectors against this reader. Each function yields (what, agrees)."""

import json
import pathlib

import cards
import describe
import epochs
import files
import outside
import padding
import primitives
import profiles
import request
import xwing
from bad_vectors import bad
from channel import Channel
from directory import Directory
from describe import plain
from entries import decode_entry
from payload import open_message
from codec import Refused

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors"
un = bytes.fromhex


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def code_of(run):
    """The code of a refusal, None when nothing is refused."""
    try:
        run()
        return None
    except Refused as refused:
        return refused.code


def labels(data):
    x, key = un(data["input"]), un(data["key"])
    public, secret = primitives.sign_pair(un(data["signSeed"]))
    yield "public key", public.hex() == data["publicKey"]
    for v in data["hash"]:
        yield v["label"], primitives.H(v["label"], x).hex() == v["out"]
    for v in data["kdf"]:
        both = primitives.KDF(key, v["label"], x).hex(), primitives.KDF64(key, v["label"], x).hex()
        yield v["label"], both == (v["out"], v["out64"])
    for v in data["sign"]:
        yield v["label"], primitives.sign(secret, v["label"], x).hex() == v["out"]


def x_wing(data):
    for i, v in enumerate(data["vectors"]):
        pk, ct = un(v["pk"]), un(v["ct"])
        yield f"public key {i}", xwing.public_key(un(v["seed"])) == pk
        yield f"encapsulation {i}", xwing.encapsulate(pk, un(v["eseed"])) == (ct, un(v["ss"]))
        yield f"decapsulation {i}", xwing.decapsulate(un(v["sk"]), ct) == un(v["ss"])


def card_vectors(data):
    for v in data["paper"]:
        secret = un(v["secret"])
        yield v["text"], cards.to_paper(secret) == v["text"]
        for text in v["good"]:
            yield text, cards.from_paper(text, len(secret)) == secret
    for v in data["mistyped"]:
        yield v["text"], code_of(lambda text=v["text"]: cards.from_paper(text, 16)) == v["code"]
    for v in data["keys"]:
        made = plain(cards.unfold(un(v["secret"])))
        yield v["secret"], all(made[name] == v[name] for name in v if name != "secret")
    for v in data["blobs"]:
        yield "blob", plain(cards.open_blob(un(v["secret"]), un(v["sealed"]))) == v["opened"]
    for v in data["absences"]:
        opened = profiles.open_absence(un(v["dk"]), un(v["person"]), un(v["sealed"]))
        yield "absence", plain(opened) == v["opened"]
    for v in data["running"]:
        opened = profiles.open_running(un(v["dk"]), un(v["device"]), un(v["sealed"]))
        yield "running", plain(opened) == v["opened"]
    for v in data["buckets"]:
        yield f"bucket {v['length']}", padding.message_bucket(v["length"]) == v["bucket"]
    for v in data["padded"]:
        whole = un(v["padded"])
        same = padding.pad(un(v["plain"]), lambda _: len(whole)) == whole
        yield "padded", same and padding.unpad(whole, lambda _: len(whole)) == un(v["plain"])


def entry_vectors(data):
    for v in data["entries"]:
        entry = decode_entry(un(v["bytes"]))
        entry.verify(un(v["signKey"]))
        if v["cosignKey"]:
            entry.verify_second(un(v["cosignKey"]))
        made = plain(describe.entry(entry))
        yield v["name"], all(made[name] == v[name] for name in made)


def epoch_vectors(data):
    for v in data["prekeys"]:
        value = outside.verify_prekey(outside.decode_prekey(un(v["bytes"])), un(v["signKey"]))
        yield "prekey", plain(value) == v["value"]
        yield "its seed", xwing.public_key(un(v["seed"])) == value["public_key"]
    for v in data["epochs"]:
        yield from one_epoch(v)


def one_epoch(v):
    entry = decode_entry(un(v["announce"]))
    yield "ids", (plain(entry.epoch_id), plain(entry.core)) == (v["id"], v["core"])
    ak0 = ak = un(v["generations"][0]["ak"])
    commits = {g["gen"]: un(g["commit"]) for g in v["generations"]}
    for g in v["generations"]:
        made = plain(ak), plain(epochs.commitment(ak, entry.core, g["gen"]))
        yield f"generation {g['gen']}", made == (g["ak"], g["commit"])
        ak = epochs.forward(ak, entry.epoch_id, g["gen"])
    for w in v["wraps"]:
        opened = epochs.open_wrap(un(w["wrap"]), entry.core, w["gen"], commits[w["gen"]], un(w["seed"]))
        yield "wrap", opened.hex() == v["generations"][w["gen"]]["ak"]
    seed = epochs.response_seed(ak0, un(v["response"]["audience"]))
    made = plain(seed), plain(xwing.public_key(seed))
    yield "response key", made == (v["response"]["seed"], v["response"]["publicKey"])
    if v["records"]:
        wrap, key = entry.fields["records"]["wrap"], un(v["records"]["publicKey"])
        yield "records wrap", code_of(lambda: epochs.check_records_wrap(wrap, ak0, entry.core, key)) is None
        yield "custodians", epochs.open_records_wrap(wrap, entry.core, un(v["records"]["seed"])) == ak0


def message_vectors(data):
    keys = [{(un(k["epoch"]), k["gen"]): un(k["ak"])} for k in data["keys"]]
    for v in data["messages"]:
        whole = decode_entry(un(v["bytes"]))
        whole.verify(un(v["signKey"]))
        for i, trimmed in enumerate(v["trimmed"]):
            for entry in (whole, decode_entry(un(trimmed))):
                opened, content = open_message(entry, keys[i])
                yield v["kind"], (plain(opened), plain(content)) == (v["plain"], v["content"])
            other = open_message(decode_entry(un(trimmed)), keys[1 - i])
            yield "the wrap of another segment", other is None


def answer_vectors(data):
    seed = epochs.response_seed(un(data["ak0"]), un(data["audience"]))
    yield "seed", seed.hex() == data["seed"]
    for v in data["answers"]:
        entry = decode_entry(un(v["bytes"]))
        entry.verify(un(v["signKey"]))
        yield "answer", plain(epochs.open_answer(entry, seed)) == v["value"]


def outside_vectors(data):
    for name in ("receipt", "head", "report"):
        for v in data[name + "s"]:
            value = getattr(outside, f"decode_{name}")(un(v["bytes"]))
            outside.verify_signed(value, un(v["signKey"]), name)
            yield name, plain(value) == v["value"]
    for v in data["history"]:
        value = outside.verify_signed(outside.decode_history(un(v["bytes"])), un(v["signKey"]), "hist")
        made = plain(value)
        yield "history", all(made[k] == x for k, x in v["head"].items())
        yield "keys", plain(outside.open_history(value, un(v["seed"]))) == v["keys"]
    for v in data["requests"]:
        value, r = request.decode_signature(un(v["signature"])), v["request"]
        request.verify_request(value, un(v["signKey"]), r["method"], r["host"], r["target"], un(r["body"]))
        yield "request", all(plain(value[k]) == x for k, x in v["who"].items())
    for v in data["files"]:
        yield from one_file(v)


def one_file(v):
    """Byte i of each file is 7 i mod 251; the vector has the start of each chunk and its hash."""
    key, size = un(v["key"]), v["size"]
    yield "file id", files.file_id(key, size).hex() == v["id"]
    for c in v["chunks"]:
        start = c["index"] * files.CHUNK
        content = bytes(7 * i % 251 for i in range(start, min(size, start + files.CHUNK)))
        sealed = files.seal_chunk(key, size, c["index"], content)
        made = len(sealed), sealed[: len(c["start"]) // 2].hex(), primitives.H("body-hash", sealed).hex()
        same = made == (c["length"], c["start"], c["bodyHash"])
        yield "chunk", same and files.open_chunk(key, size, c["index"], sealed) == content


def read_directory(org, root, log):
    directory = Directory(org, root)
    for data in log:
        code = directory.take(decode_entry(un(data)))
        if code:
            raise Refused(code, "in a vector")
    return directory


def directory_vectors(data):
    directory = Directory(un(data["org"]), un(data["rootPk"]))
    for v in data["log"]:
        code = directory.take(decode_entry(un(v["entry"])))
        yield f"entry {v['n']}", (code, directory.chain.n, plain(directory.chain.head)) == (None, v["n"], v["h"])
    made = plain(describe.directory(directory))
    for name, value in data["state"].items():
        yield name, contains(made[name], value)


def channel_vectors(data):
    directory = read_directory(un(data["org"]), un(data["rootPk"]), data["directory"])
    channel = Channel(un(data["org"]), un(data["id"]), directory)
    for v in data["log"]:
        code = channel.take(decode_entry(un(v["entry"])))
        yield f"entry {v['n']}", (code, channel.chain.n, plain(channel.chain.head)) == (None, v["n"], v["h"])
    made = plain(describe.channel(channel))
    # The vector tells staleness at the head of the directory, which is ahead of the channel.
    made["stale"] = made["staleNow"]
    for name, value in data["state"].items():
        yield name, contains(made[name], value)


def contains(made, told):
    """Everything that the vector tells; this reader may know more."""
    if isinstance(told, dict):
        return all(name in made and contains(made[name], value) for name, value in told.items())
    if isinstance(told, list):
        return len(made) == len(told) and all(map(contains, made, told))
    return made == told


SETS = {
    "labels": labels,
    "xwing": x_wing,
    "cards": card_vectors,
    "entries": entry_vectors,
    "epochs": epoch_vectors,
    "messages": message_vectors,
    "answers": answer_vectors,
    "outside": outside_vectors,
    "directory": directory_vectors,
    "channel": channel_vectors,
    "bad": bad,
}


def run(report):
    """(agreeing, all); `report` is told every disagreement in words. An unknown file is one, too."""
    agreeing = count = 0
    found = sorted(path.stem for path in FOLDER.glob("*.json"))
    for name in found:
        if name not in SETS:
            count += 1
            report(f"vectors: nothing here reads {name}.json")
            continue
        for what, agrees in SETS[name](load(name)):
            count += 1
            agreeing += agrees
            if not agrees:
                report(f"vectors: {name}.json: {what}")
    return agreeing, count
