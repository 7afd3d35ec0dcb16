"""The snapshot of a directory, and the checkpoint that vouches for one. Section 9 of PROTOCOL.md, *Checkpoints*."""

from codec import Reader, be, decode, demand
from directory_state import Card, Device, Person, State
from kinds import ADMIN
from primitives import H, short

LARGEST = 64 << 20
MANY = 2**24 - 1


def listed(size, items, write):
    return be(len(items), size) + b"".join(map(write, items))


def write_snapshot(directory):
    """The bytes, the same for everybody who has read the same log."""
    state = directory.state
    unused = [c for c in state.cards.values() if c.unused]
    spent = sorted([*state.spent, *(c.id for c in state.cards.values() if not c.unused)])
    return b"".join(
        [
            b"\1" + directory.org,
            listed(4, directory.chain.hashes, bytes),
            state.root_pk + (state.box_pk or bytes(32)) + be(state.box_n, 8),
            be(state.log_time, 8) + be(state.tick_time, 8),
            listed(2, state.records, lambda k: be(k[0], 8) + k[1] + k[2] + bytes(k[3:])),
            listed(2, directory.voids, lambda v: be(v[1], 8) + listed(2, v[0], bytes)),
            listed(4, state.losses, lambda x: be(x[0], 8) + x[1]),
            listed(4, list(state.persons.values()), write_person),
            listed(4, list(state.devices.values()), write_device),
            listed(4, unused, write_card),
            listed(4, spent, bytes),
        ]
    )


def write_person(p):
    roles = listed(2, p.roles, lambda r: be(r[0], 8) + be(r[1] or 0, 1))
    said = bytes([p.enrolled]) + be(p.changed, 8) + be(p.dk_ver, 2)
    away = listed(1, [p.absence] if p.absence else [], lambda a: be(a[0], 2) + a[1])
    return p.id + roles + said + be(len(p.sealed), 2) + p.sealed + be(p.absent, 8) + away


def write_device(d):
    times = be(d.joined, 8) + be(d.start or 0, 8) + be(d.until or 0, 8)
    return d.person + d.key + d.card + times


def write_card(c):
    return c.person + c.key + be(c.role, 1) + be(c.not_after, 8) + be(c.index, 8) + c.maker + bytes([c.own])


def read_snapshot(data):
    """What a snapshot says: org, hashes, state and what is remembered for void_from."""
    return decode(data, LARGEST, read_whole)


def read_whole(r: Reader):
    r.one_of((1,), "unknown_version")
    said = {"org": r.take(16), "hashes": r.list(4, MANY, lambda x: x.take(32))}
    state = State(root_pk=r.take(32), box_pk=r.take(32), box_n=r.uint(8))
    state.box_pk = None if state.box_pk == bytes(32) else state.box_pk
    state.log_time, state.tick_time = r.uint(8), r.uint(8)
    state.records = r.list(2, MANY, lambda x: (x.uint(8), x.take(16), x.take(1216), x.uint(1), x.uint(1)))
    said["voids"] = [(signers, start) for start, signers in r.list(2, MANY, read_void)]
    losses = r.list(4, MANY, lambda x: (x.uint(8), x.take(16)))
    state.persons = by_id(r.list(4, MANY, read_person))
    state.devices = by_id(r.list(4, MANY, read_device))
    state.cards = by_id(r.list(4, MANY, read_card))
    spent = r.list(4, MANY, lambda x: x.take(16))
    demand(all(a < b for a, b in zip(spent, spent[1:])), "malformed", "order of spent cards")
    state.spent = set(spent)
    owned = [*state.devices.values(), *state.cards.values()]
    demand(all(one.person in state.persons for one in owned), "malformed", "of nobody")
    demand(all(device in state.devices for _, device in losses), "malformed", "a loss of nobody")
    state.losses = [(n, device, state.devices[device].person) for n, device in losses]
    return said | {"state": state}


def by_id(items):
    held = {item.id: item for item in items}
    demand(len(held) == len(items), "malformed", "twice in a snapshot")
    return held


def read_void(r):
    return r.uint(8), r.list(2, MANY, lambda x: x.take(16))


def read_person(r):
    person = Person(r.take(16), r.list(2, MANY, lambda x: (x.uint(8), x.within(1, 0, 5) or None)))
    person.enrolled, person.changed = r.within(1, 0, 1) == 1, r.uint(8)
    person.dk_ver, person.sealed, person.absent = r.uint(2), r.blob(2, 2088), r.uint(8)
    away = r.list(1, 1, lambda x: (x.uint(2), x.take(296)))
    person.absence = away[0] if away else None
    return person


def read_device(r):
    person, key, card = r.take(16), r.take(32), r.take(16)
    joined, start, until = r.uint(8), r.uint(8) or None, r.uint(8) or None
    return Device(short("dev", key), person, key, card, joined, start, until)


def read_card(r):
    person, key, role = r.take(16), r.take(32), r.within(1, 1, 5)
    not_after, index, maker, own = r.uint(8), r.uint(8), r.take(16), r.within(1, 0, 1) == 1
    return Card(short("card-id", key), person, key, role, not_after, index, maker, own)


def check_checkpoint(entry, n, data, card):
    """What a new device asks of a checkpoint at index n and its snapshot; `card` is the opened blob."""
    demand(entry.name == "checkpoint", "malformed")
    entry.verify(card["maker_pk"])
    demand(entry.fields["state_hash"] == H("dir-state", data), "checkpoint_false")
    said = read_snapshot(data)
    hashes, state = said["hashes"], said["state"]
    demand(hashes, "malformed", "no hash")
    demand(said["org"] == card["org_id"] and state.root_pk == card["root_pk"], "wrong_organisation")
    demand(hashes[0] == H("chk0", said["org"]), "malformed", "first hash")
    last = len(hashes) - 1
    here = entry.prefix["ref_n"] == last and entry.prefix["ref_h"] == hashes[last] and n == last + 1
    demand(here, "checkpoint_false")
    demand(card["dir_n"] > last or hashes[card["dir_n"]] == card["dir_h"], "forked")
    maker = state.devices.get(short("dev", card["maker_pk"]))
    active = maker is not None and maker.start is not None and maker.until is None
    demand(active and (state.role_now(maker.person) or 0) >= ADMIN, "checkpoint_false")
    return said
