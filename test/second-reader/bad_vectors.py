"""The refusals of bad.json: the same code from the verifier that the vector names."""

import cards
import content
import epochs
import files
import frames
import outside
import padding
import profiles
import request
from channel import Channel, check_answer
from codec import Refused
from directory import Directory
from entries import decode_entry
from payload import open_message, split, wraps_of

un = bytes.fromhex


def signed(decode, name):
    return lambda v, data: outside.verify_signed(decode(data), un(v["signKey"]), name)


def entry_signature(v, data):
    decode_entry(data).verify(un(v["signKey"]))


def second_signature(v, data):
    decode_entry(data).verify_second(un(v["signKey"]))


def history(v, data):
    outside.open_history(signed(outside.decode_history, "hist")(v, data), un(v["seed"]))


def signed_request(v, data):
    value = request.decode_signature(data)
    request.verify_request(value, un(v["signKey"]), "POST", v["host"], v["target"], un(v["body"]))


def message(v, data):
    entry = decode_entry(data)
    wrap = wraps_of(entry.payload[:66])[0]
    open_message(entry, {(wrap.epoch, wrap.gen): un(v["ak"])})


def epoch_wrap(v, data):
    epochs.open_wrap(data, un(v["core"]), int(v["gen"]), un(v["commit"]), un(v["seed"]))


def file_chunk(v, data):
    files.open_chunk(un(v["key"]), int(v["size"]), int(v["index"]), data)


VERIFIERS = {
    "entry": lambda v, data: decode_entry(data),
    "header": lambda v, data: decode_entry(data, header_only=True),
    "entry signature": entry_signature,
    "second signature": second_signature,
    "receipt": signed(outside.decode_receipt, "receipt"),
    "head": signed(outside.decode_head, "head"),
    "report": signed(outside.decode_report, "report"),
    "prekey": lambda v, data: outside.verify_prekey(outside.decode_prekey(data), un(v["signKey"])),
    "history": history,
    "request": signed_request,
    "payload": lambda v, data: split(decode_entry(data)),
    "message": message,
    "answer": lambda v, data: check_answer(decode_entry(data), un(v["signKey"])),
    "answer open": lambda v, data: epochs.open_answer(decode_entry(data), un(v["seed"])),
    "content": lambda v, data: content.decode_content(data),
    "padding": lambda v, data: padding.unpad(data, padding.message_bucket),
    "frame": lambda v, data: frames.decode_frame(data),
    "epoch wrap": epoch_wrap,
    "records wrap": lambda v, data: epochs.check_records_wrap(data, un(v["ak"]), un(v["core"]), un(v["publicKey"])),
    "card blob": lambda v, data: cards.open_blob(un(v["secret"]), data),
    "file chunk": file_chunk,
    "running": lambda v, data: profiles.open_running(un(v["dk"]), un(v["device"]), data),
    "absence": lambda v, data: profiles.open_absence(un(v["dk"]), un(v["person"]), data),
}


def scene_log(scene):
    """The log that a scene ends with: a directory, or a channel over one."""
    directory = Directory(un(scene["org"]))
    for data in scene["directory"]:
        must_stand(directory.take(decode_entry(un(data))))
    if "log" not in scene:
        return directory
    channel = Channel(un(scene["org"]), un(scene["id"]), directory)
    for data in scene["log"]:
        must_stand(channel.take(decode_entry(un(data))))
    return channel


def must_stand(code):
    if code:
        raise Refused(code, "in a scene")


def bad(data):
    logs = {name: scene_log(scene) for name, scene in data["scenes"].items()}
    for v in data["cases"]:
        try:
            if v["verifier"] in ("directory", "channel"):
                logs[v["scene"]].check(decode_entry(un(v["bytes"])))
            else:
                VERIFIERS[v["verifier"]](v, un(v["bytes"]))
            code = None
        except Refused as refused:
            code = refused.code
        yield f"{v['verifier']}: {v['why']}: {code} instead of {v['code']}", code == v["code"]
