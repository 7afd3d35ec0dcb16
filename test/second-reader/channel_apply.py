"""What an accepted channel entry changes: the effects of section 11 of PROTOCOL.md."""

from channel_state import SEGMENT_SIZE, Epoch, Member, Segment
from kinds import CHANNEL_TYPES, MANAGER, PUBLISHER, is_message, is_operation
from operation_data import read_data
from primitives import H


def apply_entry(state, entry, n, device):
    """`device` is the Device that signed."""
    if is_operation(entry.kind):
        apply_operation(state, entry, n, device)
    elif is_message(entry.kind):
        state.seqs[entry.signer] = entry.fields["seq"]
        if entry.name in ("alert", "exercise"):
            state.alerts[entry.fields["mid"]] = n
    else:
        apply_epoch(state, entry, n)


def apply_operation(state, entry, n, device):
    f = entry.fields
    state.memb_n = f["memb_n"]
    state.memb_head = H("members", state.memb_head + entry.id)
    state.dir_n = f["dir_n"]
    data = read_data(entry.name, f["data"])
    OPERATIONS[entry.name](state, f, n, data, device)


def create(state, f, n, data, device):
    state.type, state.recorded, state.title = data["type"], data["recorded"], data["title"]
    state.creator = device.person
    direct = CHANNEL_TYPES[state.type] == "direct"
    for subject in f["subjects"]:
        leads = subject == device.person and not direct
        join(state, subject, MANAGER if leads else f["role"], n)


def add(state, f, n, _data, _device):
    for subject in f["subjects"]:
        join(state, subject, f["role"], n)


def join(state, person, role, n):
    """Into the lowest segment with room, or a new one."""
    free = [i for i, s in enumerate(state.segments) if s.persons < SEGMENT_SIZE]
    if not free:
        state.segments.append(Segment())
    segment = free[0] if free else len(state.segments) - 1
    state.segments[segment].persons += 1
    since = state.memb_n if role >= PUBLISHER else None
    state.members[person] = Member(person, role, segment, state.memb_n, since)
    state.spans.setdefault(person, []).append([n, None])


def remove(state, f, n, _data, _device):
    for subject in f["subjects"]:
        member = state.members.pop(subject)
        state.spans[subject][-1][1] = n
        state.segments[member.segment].persons -= 1
        state.segments[member.segment].removed_at = state.memb_n
        if member.role >= PUBLISHER:
            make_stale(state, state.segments)


def make_stale(state, segments):
    for segment in segments:
        segment.removed_at = state.memb_n


def change_role(state, f, _n, _data, _device):
    for subject in f["subjects"]:
        member = state.members[subject]
        was, member.role = member.role, f["role"]
        if member.role >= PUBLISHER and member.publisher_since is None:
            member.publisher_since = state.memb_n
        elif member.role < PUBLISHER and was >= PUBLISHER:
            member.publisher_since = None
            make_stale(state, [s for i, s in enumerate(state.segments) if i != member.segment])


def policy(state, _f, _n, data, _device):
    state.recorded = data["recorded"]


def title(state, _f, _n, data, _device):
    state.title = data["title"]


def respkey(state, _f, _n, data, _device):
    state.resp_keys.append((data["epoch"], data["channel"], data["key"]))


OPERATIONS = {
    "create": create,
    "add": add,
    "remove": remove,
    "role": change_role,
    "policy": policy,
    "title": title,
    "respkey": respkey,
}


def apply_epoch(state, entry, n):
    f = entry.fields
    state.dir_n = f["dir_n"]
    if entry.name == "announce":
        heads = (entry.core, f["memb_n"], f["dir_n"], f["not_after"], f["records"])
        epoch = Epoch(entry.epoch_id, f["seg"], n, entry.t, entry.signer, *heads)
        state.epochs[epoch.id] = epoch
        state.segments[f["seg"]].epoch = epoch.id
        commit = f["ak_commit"]
    else:
        epoch = state.epochs[f["epoch"]]
        epoch.t, epoch.memb_n, epoch.dir_n, epoch.gen = entry.t, f["memb_n"], f["dir_n"], f["gen"]
        commit = f["akg_commit"]
    epoch.commits[epoch.gen] = commit
    sealers = epoch.sealers.setdefault(epoch.gen, [])
    if entry.signer not in sealers:
        sealers.append(entry.signer)
