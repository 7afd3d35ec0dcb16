"""Epoch keys, their wraps and the response key. Sections 13 and 17 of PROTOCOL.md."""

import xwing
from codec import be, decode, demand
from padding import unpad
from primitives import H, KDF, KDF64, ZERO_NONCE, open_sealed, seal


def commitment(ak, core, gen):
    return KDF(ak, "akc", core + be(gen, 2))


def forward(ak, epoch, gen):
    """AK of generation gen + 1 from the one of gen."""
    return KDF(ak, "fwd", epoch + be(gen + 1, 2))


def read_wrap(reader):
    return {"device": reader.take(16), "pkid": reader.uint(4), "ct": reader.take(1120), "sealed": reader.take(48)}


def decode_wrap(data):
    return decode(data, 1188, read_wrap)


def open_wrap(data, core, gen, commit, seed):
    """AK_gen for the holder of the prekey, held against its commitment."""
    wrap = decode_wrap(data)
    context = core + wrap["device"] + be(wrap["pkid"], 4) + be(gen, 2)
    secret = xwing.decapsulate(seed, wrap["ct"])
    ak = open_sealed(KDF(secret, "xw", context), context, ZERO_NONCE, wrap["sealed"])
    demand(commitment(ak, core, gen) == commit, "epoch_commit")
    return ak


def records_wrap(ak, core, public_key):
    """All 1,168 bytes, recomputed."""
    ct, secret = xwing.encapsulate(public_key, KDF64(ak, "rec-coins", core))
    return ct + seal(KDF(secret, "rec-wrap", core), core, ZERO_NONCE, ak)


def check_records_wrap(wrap, ak, core, public_key):
    demand(records_wrap(ak, core, public_key) == wrap, "records_mismatch")


def open_records_wrap(wrap, core, seed):
    """AK_0 for the custodians."""
    secret = xwing.decapsulate(seed, wrap[:1120])
    return open_sealed(KDF(secret, "rec-wrap", core), core, ZERO_NONCE, wrap[1120:])


def response_seed(ak0, audience):
    return KDF(ak0, "resp", audience)


def open_answer(entry, seed):
    """What an answer says."""
    demand(entry.name == "answer" and len(entry.payload) == 1264, "malformed")
    hh = H("head0", entry.head0)
    secret = xwing.decapsulate(seed, entry.payload[:1120])
    padded = open_sealed(KDF(secret, "answer", hh), hh, ZERO_NONCE, entry.payload[1120:])
    return read_answer(padded, entry.log)


def read_answer(padded, log):
    def read(r):
        fields = {"alert": r.take(16), "choice": r.uint(1), "eta_minutes": r.uint(2)}
        return fields | {"text": r.text(1, 100)}

    value = decode(unpad(padded, lambda _: 128), None, read)
    demand(value["alert"] == log, "cannot_open", "another alert")
    return value
