"""A directory log from its first entry on: check, take in, and void_from. Section 9 of PROTOCOL.md."""

from codec import Refused, demand
from directory_apply import apply_entry
from directory_check import check_device, check_found, check_signed
from directory_state import State
from entries import Chain
from kinds import is_directory
from primitives import H, short
from snapshot import write_snapshot


class Directory:
    """`pinned` is the root key that a card vouched for; None where nobody did (the box)."""

    def __init__(self, org, pinned=None):
        self.org = org
        self.pinned = pinned
        self.chain = Chain(org)
        self.state = State()
        self.accepted = []  # (n, entry), only what has an effect
        self.voids = []  # (signers, void_from) of every revoke that took something back
        self.complete = True  # every entry is known, not only the state they led to

    def begin_with(self, said):
        """The state of a snapshot that was held against its checkpoint."""
        self.chain.hashes, self.state, self.voids = said["hashes"], said["state"], said["voids"]
        self.complete = False

    def check(self, entry):
        """Refuses the entry, or tells that it may stand at the next index."""
        demand(is_directory(entry.kind), "malformed")
        demand(entry.org == self.org and entry.log == self.org, "wrong_organisation")
        self.chain.demand_reference(entry)
        judge(self.state, entry, self.pinned)
        if entry.name == "checkpoint":
            self.demand_true(entry)
        if entry.name == "restore":
            self.demand_here(entry)
        if takes_back(entry):
            demand(self.complete, "directory_behind")
            self.demand_standing(entry)

    def demand_true(self, checkpoint):
        """A checkpoint is of this very place, and of what this reader has found out itself."""
        demand(checkpoint.prefix["ref_n"] == self.chain.n, "directory_behind")
        told = checkpoint.fields["state_hash"]
        demand(told == H("dir-state", write_snapshot(self)), "checkpoint_false")

    def demand_here(self, restore):
        """A restore names the head of the directory, and is signed for it."""
        fields, prefix = restore.fields, restore.prefix
        demand(prefix["ref_n"] == self.chain.n, "directory_behind")
        place = fields["log"] == self.org and fields["cut_n"] == prefix["ref_n"]
        demand(place and fields["cut_h"] == prefix["ref_h"], "malformed")

    def demand_standing(self, entry):
        """Whoever signs a void_from must stand without what it takes back; so must that of a person itself."""
        replay, kept = self.replay_with(entry)
        demand(kept or entry.fields["what"] != 1, "not_allowed", "void_from of a person")
        demand(stands(replay, entry), "not_allowed", "void_from")

    def replay_with(self, entry):
        voids = [*self.voids, void_of(self.state, entry)]
        return replay([*self.accepted, (self.chain.n + 1, entry)], voids, self.pinned)

    def take(self, entry):
        """Check, effect and chain; a refused entry keeps its place. Gives the code of the refusal or None."""
        try:
            self.check(entry)
            self.apply(entry)
            code = None
        except Refused as refused:
            code = refused.code
        self.chain.append(entry.stub)
        return code

    def apply(self, entry):
        n = self.chain.n + 1
        if not takes_back(entry):
            apply_entry(self.state, entry, n)
        else:
            other, _ = self.replay_with(entry)
            self.voids.append(void_of(self.state, entry))
            apply_entry(self.state, entry, n)
            take_over(self.state, other, n)
        self.accepted.append((n, entry))


def judge(state, entry, pinned):
    """The tables of section 9 without place and void_from."""
    if entry.name == "found":
        check_found(state, entry, pinned)
        return
    demand(state.root_pk is not None, "not_allowed")
    if entry.name == "device":
        check_device(state, entry)
    else:
        check_signed(state, entry)


def takes_back(entry):
    return entry.name == "revoke" and entry.fields["void_from"] > 0


def void_of(state, entry):
    subject = entry.fields["subject"]
    signers = [subject]
    if entry.fields["what"] == 1:
        signers = [d.id for d in state.devices_of(subject)]
    return signers, entry.fields["void_from"]


def left_out(entry, n, voids):
    return any(n >= start and (entry.signer in ids or entry.cosigner in ids) for ids, start in voids)


def replay(accepted, voids, pinned):
    """(state, whether the last entry is in it) as if what was taken back had never been signed."""
    state, kept = State(), False
    for n, entry in accepted:
        kept = not left_out(entry, n, voids) and is_allowed(state, entry, pinned)
        if kept:
            apply_entry(state, entry, n)
    return state, kept


def is_allowed(state, entry, pinned):
    try:
        judge(state, entry, pinned)
        return True
    except Refused:
        return False


def stands(state, entry):
    """Each signer is the root, or an active device of an administrator."""
    signers = [s for s in (entry.signer, entry.cosigner) if s is not None]
    root = state.root_pk and short("root-id", state.root_pk)
    devices = [s for s in signers if s != root]
    return all(state.is_active(s) and state.trusted(state.devices[s].person) for s in devices)


def take_over(state, other, n):
    """Steps 4 and 5: what the replay lacks ends at n."""
    for device in state.devices.values():
        twin = other.devices.get(device.id)
        same = twin is not None and twin.until is None and (twin.start is None) == (device.start is None)
        if device.until is None and not same:
            state.lose(device, n)
    for card in state.cards.values():
        if card.until is None and card.id not in other.cards:
            card.until = n
    for person in state.persons.values():
        twin = other.persons.get(person.id)
        role = twin.role_now if twin else None
        if person.role_now != role:
            person.roles.append((n, role))
        if twin:
            person.dk_ver, person.sealed, person.absence = twin.dk_ver, twin.sealed, twin.absence
    state.box_pk, state.log_time, state.tick_time = other.box_pk, other.log_time, other.tick_time
