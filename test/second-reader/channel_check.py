"""The check of the next entry of a channel: section 11 of PROTOCOL.md, kind by kind."""

import xwing
from channel_rights import CREATE, may
from codec import demand
from kinds import CHANNEL_TYPES, is_message, is_operation
from operation_data import read_data
from payload import split

MOST = {"audience": 10240}


def demand_directory_place(state, directory, fields):
    """`directory` is a Directory: its chain knows the hashes."""
    n = fields["dir_n"]
    demand(n <= directory.chain.n, "directory_behind")
    demand(directory.chain.hashes[n] == fields["dir_h"], "forked")
    demand(n >= state.dir_n, "memb_moved")


def signer_at(directory, entry, dir_n):
    """The device that signed, valid at dir_n, signature checked."""
    device = directory.state.devices.get(entry.signer)
    demand(device, "device_unknown")
    waits = device.start is None
    demand(device.valid_at(dir_n), "device_pending" if waits else "device_revoked")
    entry.verify(device.key)
    return device


def check_kind(state, directory, entry):
    if is_operation(entry.kind):
        check_operation(state, directory, entry)
    elif entry.name in ("announce", "extension"):
        check_epoch(state, directory, entry)
    else:
        demand(is_message(entry.kind), "malformed")
        check_message(state, directory, entry)


def check_operation(state, directory, entry):
    f = entry.fields
    demand(f["memb_n"] == state.memb_n + 1 and f["memb_prev"] == state.memb_head, "memb_moved")
    demand_directory_place(state, directory, f)
    device = signer_at(directory, entry, f["dir_n"])
    subjects = f["subjects"]
    named = entry.name in ("create", "add", "remove", "role")
    demand(bool(subjects) == named, "malformed", "subjects")
    demand(all(a < b for a, b in zip(subjects, subjects[1:])), "malformed", "order of subjects")
    if entry.name == "create":
        check_create(directory.state, entry, device)
        return
    alone = entry.name == "remove" and subjects == [device.person]
    allowed = may(state, directory.state, device.person, entry.name, f["dir_n"])
    leaves = alone and may(state, directory.state, device.person, "leave", f["dir_n"])
    demand(allowed or leaves, "not_allowed")
    data = read_data(entry.name, f["data"])
    demand(entry.name != "respkey" or xwing.takes(data["key"]), "malformed", "public key")
    check_subjects(state, directory.state, entry, data)


def check_create(directory, entry, device):
    f = entry.fields
    data = read_data("create", f["data"])
    kind = CHANNEL_TYPES[data["type"]]
    demand((directory.role_at(device.person, f["dir_n"]) or 0) >= CREATE[kind], "not_allowed")
    demand(device.person in f["subjects"], "malformed")
    demand_persons(directory, f["subjects"], f["dir_n"])
    demand(not data["recorded"] or directory.records_key_at(f["dir_n"]), "records_mismatch")
    demand(kind != "direct" or (len(f["subjects"]) == 2 and f["role"] == 1), "malformed")


def demand_persons(directory, subjects, dir_n):
    for subject in subjects:
        demand(subject in directory.persons, "person_unknown")
        demand(directory.role_at(subject, dir_n) is not None, "person_inactive")


def check_subjects(state, directory, entry, data):
    f = entry.fields
    members = [s for s in f["subjects"] if s in state.members]
    if entry.name == "policy":
        demand(not data["recorded"] or directory.records_key_at(f["dir_n"]), "records_mismatch")
    elif entry.name == "add":
        demand(not members, "already_member")
        demand_persons(directory, f["subjects"], f["dir_n"])
        most = MOST.get(CHANNEL_TYPES[state.type], 500)
        demand(len(state.members) + len(f["subjects"]) <= most, "channel_full")
    elif entry.name in ("remove", "role"):
        demand(len(members) == len(f["subjects"]), "not_member")


def check_epoch(state, directory, entry):
    f = entry.fields
    demand_directory_place(state, directory, f)
    demand(f["memb_n"] == state.memb_n and f["memb_head"] == state.memb_head, "memb_moved")
    device = signer_at(directory, entry, f["dir_n"])
    demand(may(state, directory.state, device.person, entry.name, f["dir_n"]), "not_allowed")
    if entry.name == "announce":
        check_announce(state, directory.state, entry)
    else:
        check_extension(state, directory.state, entry, device)


def check_announce(state, directory, entry):
    f = entry.fields
    demand(f["seg"] < len(state.segments), "malformed", "segment")
    current = state.segments[f["seg"]].epoch or bytes(16)
    demand(f["prev_epoch"] == current, "epoch_moved")
    entitled = state.entitled(directory, f["seg"], f["memb_n"], f["dir_n"])
    demand(f["nwraps"] <= entitled, "malformed", "wraps")
    key = directory.records_key_at(f["dir_n"]) if state.recorded else None
    named = f["records"]["key"] if f["records"] else None
    demand(named == (key[1] if key else None), "records_mismatch")


def check_extension(state, directory, entry, device):
    f = entry.fields
    epoch = state.epochs.get(f["epoch"])
    demand(epoch and state.current(epoch.segment) is epoch, "epoch_moved")
    demand(state.is_sender(device, epoch), "not_allowed")
    demand(not state.stale(directory, epoch.segment, f["dir_n"]), "epoch_stale")
    demand(f["gen"] in (epoch.gen, epoch.gen + 1), "epoch_moved")
    demand(f["gen"] == 0 or CHANNEL_TYPES[state.type] != "response", "epoch_moved")
    demand(f["akg_commit"] == epoch.commits.get(f["gen"], f["akg_commit"]), "epoch_commit")
    entitled = state.entitled(directory, epoch.segment, f["memb_n"], f["dir_n"])
    demand(f["nwraps"] <= entitled, "malformed", "wraps")


def check_message(state, directory, entry):
    f = entry.fields
    device = directory.state.devices.get(entry.signer)
    demand(device, "device_unknown")
    demand(device.person in state.members, "not_allowed", "no member")
    segment = state.members[device.person].segment
    epoch = state.current(segment)
    demand(epoch, "epoch_stale", "no epoch")
    demand(state.is_sender(device, epoch), "not_allowed", "no sender")
    entry.verify(device.key)
    demand(may(state, directory.state, device.person, entry.name, state.dir_n), "not_allowed", "right")
    demand(f["seq"] > state.seqs.get(device.id, 0), "seq_low")
    rings = entry.name in ("alert", "exercise")
    demand(not (rings and f["mid"] in state.alerts), "mid_conflict")
    demand(f["nseg"] == len(state.segments), "epoch_moved")
    demand(not state.stale(directory.state, segment, state.dir_n), "epoch_stale")
    if entry.payload is not None:
        check_payload(state, directory.state, entry)


def check_payload(state, directory, entry):
    wraps, _ = split(entry)
    whole = len(wraps) == entry.fields["nseg"]
    for i, wrap in enumerate(wraps):
        segments = [i] if whole else range(len(state.segments))
        named = [s for s in segments if state.segments[s].epoch == wrap.epoch]
        demand(named, "epoch_moved", "wrap")
        demand(wrap.gen <= state.epochs[wrap.epoch].gen, "epoch_moved", "generation")
        demand(not state.stale(directory, named[0], state.dir_n), "epoch_stale")
