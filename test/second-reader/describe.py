"""Values of this reader in JSON as the vectors and the generator write them: hexadecimal text, camelCase names."""

import re

from kinds import CHANNEL_TYPES, ROLES, label_of


RECORDS = ("n", "id", "publicKey", "needed", "custodians")


def camel(name):
    return re.sub(r"_([a-z])", lambda m: m.group(1).upper(), name)


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, dict):
        return {camel(k): plain(v) for k, v in value.items() if not k.startswith("_")}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def entry(e):
    """An entry taken apart."""
    return {
        "kind": e.name,
        "label": label_of(e.kind),
        "prefix": e.prefix,
        "fields": e.fields,
        "signed": e.signed,
        "sig": e.sig,
        "cosign": {"by": e.cosigner, "sig": e.cosig} if e.cosig else None,
        "payloadBytes": len(e.payload or b""),
        "id": e.id,
        "stub": {"kind": e.stub[0], "subject": e.stub[1:17], "id": e.stub[17:]},
    }


def head(chain):
    return {"n": chain.n, "h": chain.head}


def directory(d):
    """The state of a directory, in log order."""
    state = d.state
    return {
        "persons": [person(p) for p in state.persons.values()],
        "devices": [device(x) for x in state.devices.values()],
        "cards": [card(c) for c in state.cards.values()],
        "rootPk": state.root_pk,
        "boxPk": state.box_pk,
        "boxN": state.box_n,
        "records": [dict(zip(RECORDS, key)) for key in state.records],
        "logTime": state.log_time,
        "tickedAt": state.tick_time,
        "losses": [{"n": n, "device": i, "person": p} for n, i, p in state.losses],
        "head": head(d.chain),
    }


def person(p):
    roles = [{"n": n, "role": ROLES.get(role)} for n, role in p.roles]
    said = {"id": p.id, "roles": roles, "enrolled": p.enrolled, "changed": p.changed}
    dk_ver, sealed = p.absence or (0, b"")
    away = {"n": p.absent, "dkVer": dk_ver, "sealed": sealed}
    return said | {"dkVer": p.dk_ver, "sealed": p.sealed, "absence": away}


def device(d):
    return {
        "id": d.id,
        "person": d.person,
        "signPk": d.key,
        "card": d.card,
        "joined": d.joined,
        "from": d.start,
        "until": d.until,
    }


def card(c):
    return {
        "id": c.id,
        "person": c.person,
        "pk": c.key,
        "role": ROLES[c.role],
        "notAfter": c.not_after,
        "n": c.index,
        "by": c.maker,
        "own": c.own,
        "usedBy": c.used_by,
        "until": c.until,
    }


def channel(c):
    """The state of a channel; `stale` at its own dir_n, `staleNow` at the head of the directory."""
    if c.state.memb_n == 0:
        return {"head": head(c.chain)}
    state, members = c.state, c.directory.state
    segments = range(len(state.segments))
    return {
        "type": CHANNEL_TYPES[state.type],
        "recorded": state.recorded,
        "creator": state.creator,
        "title": {"dkVer": state.title[0], "sealed": state.title[1]},
        "memb": {"n": state.memb_n, "head": state.memb_head},
        "dirN": state.dir_n,
        "segments": [{"persons": s.persons, "removedAt": s.removed_at, "epoch": s.epoch} for s in state.segments],
        "epochs": [epoch(e) for e in state.epochs.values()],
        "head": head(c.chain),
        "members": [member(state, m) for m in state.members.values()],
        "spans": list(state.spans.items()),
        "respKeys": state.resp_keys,
        "seqs": list(state.seqs.items()),
        "alerts": list(state.alerts.items()),
        "stale": [state.stale(members, i, state.dir_n) for i in segments],
        "staleNow": [state.stale(members, i, c.directory.chain.n) for i in segments],
    }


def member(state, m):
    """`since` is the index at which they joined this time."""
    return {
        "person": m.person,
        "role": m.role,
        "seg": m.segment,
        "since": state.spans[m.person][-1][0],
        "sinceMemb": m.since_memb,
        "publisherSince": m.publisher_since,
    }


def epoch(e):
    return {
        "id": e.id,
        "seg": e.segment,
        "n": e.n,
        "t": e.t,
        "creator": e.creator,
        "core": e.core,
        "membN": e.memb_n,
        "dirN": e.dir_n,
        "gen": e.gen,
        "commits": list(e.commits.items()),
        "sealers": list(e.sealers.items()),
        "notAfter": e.not_after,
        "records": e.records,
    }


def answers(log):
    return {"head": head(log.chain), "seqs": list(log.seqs.items())}
