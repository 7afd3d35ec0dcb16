"""The plain text of a body: section 16 of PROTOCOL.md."""

from codec import Reader, demand, utf8

LONGEST = 16384
USUAL = ["safe", "need help", "on my way"]


def rest_text(reader):
    data = reader.rest()
    demand(len(data) <= LONGEST, "too_large")
    return utf8(data)


def text(r):
    return {"type": "text", "reply_to": None, "text": rest_text(r)}


def reply(r):
    return {"type": "text", "reply_to": r.take(16), "text": rest_text(r)}


def alert(r):
    value = {"type": "alert", "severity": r.within(1, 1, 3), "resp_channel": r.take(16), "resp_epoch": r.take(16)}
    answers = r.list(1, 8, lambda x: x.text(1, 40))
    demand(answers != USUAL, "malformed", "the usual answers written out")
    return value | {"answers": answers or USUAL, "text": rest_text(r)}


def names(r):
    title = r.text(1, 200)
    people = r.list(2, 1000, lambda x: {"person": x.take(16), "name": x.text(1, 200)})
    return {"type": "names", "title": title, "people": people}


def file(r):
    value = {"type": "file", "key": r.take(32), "size": r.uint(8), "hash": r.take(32), "name": r.text(1, 200)}
    value |= {"mime": r.text(1, 100), "thumbnail": r.blob(2, 24576)}
    demand(value["size"] <= 2 << 30, "too_large", "file")
    return value | {"text": rest_text(r)}


def mark(r):
    value = {"type": "mark", "mark": r.within(1, 1, 8), "target": r.take(16), "text": rest_text(r)}
    number, words = value["mark"], value["text"]
    demand(number not in (2, 6) or words != "", "malformed", "a mark without words")
    demand(number not in (3, 4, 5) or words == "", "malformed", "a mark with words")
    demand(number != 1 or len(words.encode()) <= 32, "malformed", "a long reaction")
    return value


LAYOUTS = {1: text, 2: reply, 3: alert, 4: names, 5: file, 6: mark}
KINDS = {1: {"text"}, 2: {"text"}, 3: {"alert", "exercise"}, 4: {"control"}, 5: {"text"}, 6: {"control"}}


def decode_content(data, kind=None):
    """The content; with a kind also refuses a content that does not belong there."""
    reader = Reader(data)
    number = reader.one_of(LAYOUTS)
    value = LAYOUTS[number](reader)
    reader.end()
    demand(kind is None or kind in KINDS[number], "malformed", "another kind")
    return value
