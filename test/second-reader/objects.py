"""Random objects as the generator describes them: each kind by name, from its JSON input to what was read."""

import cards
import content
import describe
import epochs
import files
import frames
import operation_data
import outside
import padding
import primitives
import profiles
import request
import snapshot
import xwing
from channel import AnswerLog, Channel, check_answer
from codec import Refused, demand
from directory import Directory
from entries import decode_entry
from kinds import is_message, is_operation
from payload import open_message, split

un = bytes.fromhex


def main(o):
    return un(o["bytes"])


def key(o):
    return un(o["key"])


def signed(decode, name):
    def read(o):
        return outside.verify_signed(decode(main(o)), key(o), name)

    return read


def operation(o):
    entry = decode_entry(main(o))
    demand(is_operation(entry.kind), "malformed")
    return operation_data.described(entry.name, operation_data.read_data(entry.name, entry.fields["data"]))


def signed_request(o):
    value = request.from_header(o["header"])
    request.verify_request(value, key(o), o["method"], o["host"], o["target"], un(o["body"]))
    return value


def bucket(o):
    step = o["step"]
    return padding.message_bucket if step == 0 else lambda length: -(-length // step) * step


def signature(o):
    primitives.verify(key(o), o["label"], un(o["x"]), un(o["sig"]))


def message(o):
    entry = a_message(o)
    split(entry)
    keys = {(un(k["epoch"]), k["gen"]): un(k["ak"]) for k in reversed(o["keys"])}
    opened = open_message(entry, keys)
    return opened and opened[1]


def a_message(o):
    entry = decode_entry(main(o))
    demand(is_message(entry.kind), "malformed")
    return entry


def payload(o):
    entry = a_message(o)
    wraps, _ = split(entry)
    listed = [{"epoch": w.epoch, "gen": w.gen, "sealed": w.sealed} for w in wraps]
    return {"list": listed, "trimmed": len(wraps) != entry.fields["nseg"]}


def answer_open(o):
    entry = decode_entry(main(o))
    demand(entry.name == "answer", "malformed")
    return epochs.open_answer(entry, un(o["seed"]))


def epoch(o):
    entry = decode_entry(main(o))
    ak = un(o["ak"])
    for gen in range(o["gen"]):
        ak = epochs.forward(ak, entry.epoch_id, gen)
    commit = epochs.commitment(ak, entry.core, o["gen"])
    return {"id": entry.epoch_id, "core": entry.core, "ak": ak, "commit": commit}


def response(o):
    seed = epochs.response_seed(un(o["ak"]), un(o["audience"]))
    return {"seed": seed, "public_key": xwing.public_key(seed)}


def history(o):
    value = outside.verify_signed(outside.decode_history(main(o)), key(o), "hist")
    keys = outside.open_history(value, un(o["seed"]))
    names = ("ver", "kind", "suite", "flags", "org", "from", "to", "pkid", "t", "count")
    return {"head": {name: value[name] for name in names}, "keys": keys}


def card(o):
    return {k: v for k, v in cards.unfold(un(o["secret"])).items() if k != "signing"}


def chunk(o):
    plain = files.open_chunk(key(o), o["size"], o["index"], main(o))
    return {"id": files.file_id(key(o), o["size"]), "total": files.chunk_count(o["size"]), "plain": plain}


def logs(o):
    """Every step of interleaved logs: the codes, and the states at the end."""
    directory = Directory(un(o["org"]), o["pinned"] and un(o["pinned"]))
    channel = Channel(un(o["org"]), un(o["channel"]), directory) if "channel" in o else None
    answers = AnswerLog(un(o["org"]), un(o["alert"]), channel) if "alert" in o else None
    by_name = {"directory": directory, "channel": channel, "answers": answers}
    codes = [step(by_name[s["log"]], un(s["bytes"]), s.get("alone", False)) for s in o["steps"]]
    return {
        "codes": codes,
        "directory": describe.directory(directory),
        "channel": channel and describe.channel(channel),
        "answers": answers and describe.answers(answers),
    }


def checkpoint(o):
    """What a new device takes from the box, held against its card."""
    card = {"org_id": un(o["org"]), "root_pk": un(o["rootPk"]), "maker_pk": un(o["makerPk"])}
    card |= {"dir_n": o["dirN"], "dir_h": un(o["dirH"])}
    entry = decode_entry(un(o["entry"]), header_only=True)
    said = snapshot.check_checkpoint(entry, o["n"], un(o["bytes"]), card)
    restored = Directory(card["org_id"], card["root_pk"])
    restored.begin_with(said)
    codes = [step(restored, un(data), False) for data in o["steps"]]
    return {"codes": codes, "directory": describe.directory(restored)}


def step(log, data, alone):
    try:
        entry = decode_entry(data, alone)
    except Refused as refused:
        return refused.code
    return log.take(entry)


KINDS = {
    "entry": lambda o: describe.entry(decode_entry(main(o))),
    "header": lambda o: describe.entry(decode_entry(main(o), header_only=True)),
    "entry signature": lambda o: decode_entry(main(o)).verify(key(o)),
    "second signature": lambda o: decode_entry(main(o)).verify_second(key(o)),
    "operation data": operation,
    "prekey": lambda o: outside.verify_prekey(outside.decode_prekey(main(o)), key(o)),
    "receipt": signed(outside.decode_receipt, "receipt"),
    "head": signed(outside.decode_head, "head"),
    "report": signed(outside.decode_report, "report"),
    "request": signed_request,
    "signature": signature,
    "hash": lambda o: primitives.H(o["label"], main(o)),
    "kdf": lambda o: [f(key(o), o["label"], main(o)) for f in (primitives.KDF, primitives.KDF64)],
    "x-wing key": lambda o: xwing.public_key(un(o["seed"])),
    "x-wing seal": lambda o: dict(
        zip(("ciphertext", "secret"), xwing.encapsulate(un(o["publicKey"]), un(o["coins"])))
    ),
    "x-wing open": lambda o: xwing.decapsulate(un(o["seed"]), main(o)),
    "from paper": lambda o: cards.from_paper(o["text"], o["size"]),
    "to paper": lambda o: cards.to_paper(main(o)),
    "pad": lambda o: padding.pad(main(o), bucket(o)),
    "unpad": lambda o: padding.unpad(main(o), bucket(o)),
    "content": lambda o: content.decode_content(main(o)),
    "frame": lambda o: frames.decode_frame(main(o)),
    "page": lambda o: frames.decode_page(main(o)),
    "body": lambda o: frames.decode_body(o["route"], o["answer"], main(o)),
    "message": message,
    "payload": payload,
    "answer": lambda o: check_answer(decode_entry(main(o)), key(o)),
    "answer open": answer_open,
    "epoch": epoch,
    "epoch wrap": lambda o: epochs.open_wrap(
        main(o), un(o["core"]), o["gen"], un(o["commit"]), un(o["seed"])
    ),
    "records wrap": lambda o: epochs.check_records_wrap(
        main(o), un(o["ak"]), un(o["core"]), un(o["publicKey"])
    ),
    "records open": lambda o: epochs.open_records_wrap(main(o), un(o["core"]), un(o["seed"])),
    "response": response,
    "history": history,
    "card": card,
    "card blob": lambda o: cards.open_blob(un(o["secret"]), main(o)),
    "profile": lambda o: profiles.open_profile(key(o), un(o["person"]), main(o)),
    "absence": lambda o: profiles.open_absence(key(o), un(o["person"]), main(o)),
    "running": lambda o: profiles.open_running(key(o), un(o["device"]), main(o)),
    "title": lambda o: profiles.open_title(key(o), un(o["org"]), main(o)),
    "chunk": chunk,
    "directory": logs,
    "checkpoint": checkpoint,
    "channel": logs,
    "answers": logs,
    "crowded": logs,
}


def verdict(o):
    """What this reader says of an object, in the words of the generator."""
    try:
        return {"accept": describe.plain(KINDS[o["kind"]](o["input"]))}
    except Refused as refused:
        return {"refuse": refused.code}
