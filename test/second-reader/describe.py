"""Values of this reader in the form of the JSON vectors: hexadecimal text and camelCase names."""

import re

from kinds import CHANNEL_TYPES, ROLES


def camel(name):
    return re.sub(r"_([a-z])", lambda m: m.group(1).upper(), name)


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, dict):
        return {camel(k): plain(v) for k, v in value.items() if k not in ("signed", "head")}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def directory(state):
    """The state of a directory, in log order, as in directory.json."""
    return {
        "persons": [person(p) for p in state.persons.values()],
        "devices": [device(d) for d in state.devices.values()],
        "cards": [card(c) for c in state.cards.values()],
        "rootPk": plain(state.root_pk),
        "boxPk": plain(state.box_pk),
        "logTime": state.log_time,
        "losses": [{"n": n, "device": plain(d), "person": plain(p)} for n, d, p in state.losses],
    }


def person(p):
    roles = [{"n": n, "role": ROLES.get(role)} for n, role in p.roles]
    return {"id": plain(p.id), "roles": roles, "dkVer": p.dk_ver, "sealed": plain(p.sealed)}


def device(d):
    return {
        "id": plain(d.id),
        "person": plain(d.person),
        "signPk": plain(d.key),
        "card": plain(d.card),
        "joined": d.joined,
        "from": d.start,
        "until": d.until,
    }


def card(c):
    return {
        "id": plain(c.id),
        "person": plain(c.person),
        "role": ROLES[c.role],
        "notAfter": c.not_after,
        "usedBy": plain(c.used_by),
        "until": c.until,
    }


def channel(state, directory_state):
    """The state of a channel as in channel.json; `stale` at the channel's own dir_n."""
    stale = [state.stale(directory_state, i, state.dir_n) for i in range(len(state.segments))]
    return {
        "type": CHANNEL_TYPES[state.type],
        "recorded": state.recorded,
        "memb": {"n": state.memb_n, "head": plain(state.memb_head)},
        "dirN": state.dir_n,
        "members": [member(state, m) for m in state.members.values()],
        "segments": [segment(s) for s in state.segments],
        "epochs": [epoch(e) for e in state.epochs.values()],
        "respKeys": [{"epoch": plain(e), "channel": plain(c), "key": plain(k)} for e, c, k in state.resp_keys],
        "seqs": [[plain(d), seq] for d, seq in state.seqs.items()],
        "alerts": [[plain(mid), n] for mid, n in state.alerts.items()],
        "stale": stale,
    }


def member(state, m):
    """`since` is the index at which they joined this time."""
    since = state.spans[m.person][-1][0]
    return {"person": plain(m.person), "role": m.role, "seg": m.segment, "since": since}


def segment(s):
    return {"persons": s.persons, "removedAt": s.removed_at, "epoch": plain(s.epoch)}


def epoch(e):
    return {
        "id": plain(e.id),
        "seg": e.segment,
        "n": e.n,
        "t": e.t,
        "creator": plain(e.creator),
        "core": plain(e.core),
        "membN": e.memb_n,
        "dirN": e.dir_n,
        "gen": e.gen,
        "commits": [[g, plain(c)] for g, c in e.commits.items()],
        "sealers": [[g, plain(ds)] for g, ds in e.sealers.items()],
        "notAfter": e.not_after,
        "records": plain(e.records),
    }
