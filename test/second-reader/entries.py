"""Entries: prefix, fields, signatures, id and stub. Sections 7 and 8 of PROTOCOL.md."""

from codec import Reader, be, demand, suite, version
from kinds import COSIGNED, NAMES, has_payload, label_of
from primitives import H, short, verify

MAXIMUM = 73728
SUBJECT_FIELD = {
    "found": "person", "person": "person", "card": "person", "device": "person", "absence": "person",
    "approve": "device", "revoke": "subject",
}  # fmt: skip


class Entry:
    """A decoded entry. `fields` has the names of PROTOCOL.md, `payload` is None for a header alone."""

    def __init__(self, data, reader, header_only):
        self.prefix = read_prefix(reader)
        self.kind = self.prefix["kind"]
        self.name = NAMES[self.kind]
        self.org, self.log, self.signer = (self.prefix[x] for x in ("org", "log", "signer"))
        self.t = self.prefix["t"]
        self.flags = self.prefix["flags"]
        self.head0 = None
        self.fields = FIELDS[self.name](reader, self)
        self.signed = data[: reader.at]
        self.sig = reader.take(64)
        self.cosigner = reader.take(16) if self.flags == 0x80 else None
        self.cosig = reader.take(64) if self.flags == 0x80 else None
        self.header = data[: reader.at]
        self.payload = read_payload(reader, self.kind, header_only)
        self.id = H("entry", self.header)
        self.stub = bytes([self.kind]) + self.subject() + self.id

    def subject(self):
        field = SUBJECT_FIELD.get(self.name)
        return self.fields[field] if field else self.signer

    def verify(self, key):
        verify(key, label_of(self.kind), self.signed, self.sig)

    def verify_second(self, key):
        demand(self.cosig is not None, "second_signature")
        verify(key, "cosign", self.signed, self.cosig)


def decode_entry(data, header_only=False):
    reader = Reader(data, MAXIMUM)
    entry = Entry(reader.data, reader, header_only)
    reader.end()
    return entry


def read_payload(reader, kind, header_only):
    if not has_payload(kind) or header_only:
        return None
    payload = reader.rest()
    demand(payload, "malformed", "no payload")
    return payload


def read_prefix(reader):
    ver = version(reader)
    kind = reader.one_of(NAMES)
    prefix = {"ver": ver, "kind": kind, "suite": suite(reader)}
    allowed = {0, 1} if NAMES[kind] == "announce" else {0, 0x80} if NAMES[kind] in COSIGNED else {0}
    prefix["flags"] = reader.one_of(allowed)
    for name in ("org", "log", "signer"):
        prefix[name] = reader.take(16)
    prefix["era"] = reader.within(2, 0, 0)
    prefix["ref_n"] = reader.uint(8)
    prefix["ref_h"] = reader.take(32)
    prefix["t"] = reader.uint(8)
    return prefix


def found(r, _):
    return {"card_pk": r.take(32), "person": r.take(16), "root_pk": r.take(32), "pop": r.take(64)}


def person(r, _):
    fields = {"person": r.take(16), "role": r.within(1, 1, 5), "state": r.within(1, 1, 1)}
    return fields | {"dk_ver": r.uint(2), "sealed": r.blob(2, 2088)}


def card(r, _):
    return {"person": r.take(16), "card_pk": r.take(32), "role": r.within(1, 1, 5), "not_after": r.uint(8)}


def device(r, _):
    return {"person": r.take(16), "issuer": r.within(1, 0, 0), "sign_pk": r.take(32), "pop": r.take(64)}


def approve(r, _):
    return {"device": r.take(16)}


def revoke(r, _):
    fields = {"what": r.within(1, 1, 3), "subject": r.take(16)}
    return fields | {"void_from": r.uint(8), "reason": r.within(1, 1, 5)}


def tick(_r, _):
    return {}


def box(r, _):
    return {"box_pk": r.take(32)}


def checkpoint(r, _):
    return {"state_hash": r.take(32)}


def absence(r, _):
    return {"person": r.take(16), "dk_ver": r.uint(2), "sealed": r.take(296)}


def restore(r, _):
    return {"log": r.take(16), "cut_n": r.uint(8), "cut_h": r.take(32)}


def running(r, _):
    return {"dk_ver": r.uint(2), "sealed": r.take(104)}


def records(r, _):
    fields = {"rec_key": r.take(16), "rec_pk": r.take(1216), "needed": r.uint(1), "custodians": r.uint(1)}
    return fields | {"names": r.blob(2, 2088)}


def heads(r):
    """Membership and directory that the signer relied on."""
    return {"memb_n": r.uint(4), "memb_head": r.take(32), "dir_n": r.uint(8), "dir_h": r.take(32)}


def operation(r, _):
    fields = {"memb_n": r.uint(4), "memb_prev": r.take(32), "dir_n": r.uint(8), "dir_h": r.take(32)}
    fields |= {"role": r.within(1, 1, 3), "subjects": r.list(2, 256, lambda x: x.take(16))}
    return fields | {"data": r.blob(2, 2048)}


def announce(r, entry):
    fields = {"seg": r.within(2, 0, 19), "prev_epoch": r.take(16)} | heads(r)
    fields |= {"nonce": r.take(16), "not_after": r.uint(8), "nwraps": r.uint(2)}
    key = r.take(16) if entry.flags == 1 else None
    entry.core = H("core", r.data[: r.at])
    fields["ak_commit"] = r.take(32)
    fields["records"] = {"key": key, "wrap": r.take(1168)} if entry.flags == 1 else None
    entry.epoch_id = short("epoch-id", r.data[: r.at])
    return fields


def extension(r, _):
    fields = {"epoch": r.take(16), "gen": r.uint(2)} | heads(r)
    return fields | {"akg_commit": r.take(32), "nwraps": r.within(2, 0, 800)}


def message(r, entry):
    fields = {"seq": r.uint(8), "mid": r.take(16), "ttl": r.uint(4), "nseg": r.within(1, 1, 20)}
    fields["commit"] = r.take(32)
    entry.head0 = r.data[: r.at]
    return fields | {"wraps_hash": r.take(32), "body_hash": r.take(32)}


def answer(r, entry):
    fields = {"person": r.take(16), "seq": r.uint(4), "resp_epoch": r.take(16)}
    entry.head0 = r.data[: r.at]
    return fields | {"body_hash": r.take(32)}


FIELDS = {
    "found": found, "person": person, "card": card, "device": device, "approve": approve, "revoke": revoke,
    "tick": tick, "box": box, "records": records, "checkpoint": checkpoint, "absence": absence, "restore": restore, "running": running, "announce": announce, "extension": extension, "answer": answer,
}  # fmt: skip
FIELDS |= dict.fromkeys(("create", "add", "remove", "role", "policy", "respkey", "title"), operation)
FIELDS |= dict.fromkeys(("text", "alert", "exercise", "control"), message)


class Chain:
    """The hashes h_0 … h_n of a log."""

    def __init__(self, log):
        self.hashes = [H("chk0", log)]

    @property
    def n(self):
        return len(self.hashes) - 1

    @property
    def head(self):
        return self.hashes[-1]

    def append(self, stub):
        self.hashes.append(H("chk", self.head + be(self.n + 1, 8) + stub))
        return self.n

    def demand_reference(self, entry):
        """ref_n and ref_h name a place of this log."""
        n, h = entry.prefix["ref_n"], entry.prefix["ref_h"]
        demand(n <= self.n and self.hashes[n] == h, "unknown_head")
