"""The check of the next entry of a directory: section 9 of PROTOCOL.md, step by step."""

import xwing
from codec import demand
from directory_rights import ACTS, act_of
from kinds import ADMIN, COORDINATOR, MEMBER, OWNER
from primitives import short, verify

DAY = 24 * 3600 * 1000
MOST_DEVICES = 8


def check_found(state, entry, pinned):
    f = entry.fields
    demand(state.root_pk is None, "already_exists")
    demand(short("org", f["card_pk"]) == entry.org, "wrong_organisation")
    demand(short("card-id", f["card_pk"]) == entry.signer, "bad_signature")
    demand(pinned is None or f["root_pk"] == pinned, "wrong_organisation")
    entry.verify(f["card_pk"])
    check_pop(entry, f["root_pk"])


def check_pop(entry, key):
    """The holder of the new key agreed to this organisation, signer and person."""
    over = entry.org + entry.signer + entry.fields["person"] + key
    verify(key, "pop", over, entry.fields["pop"])


def check_device(state, entry):
    f = entry.fields
    card = state.cards.get(entry.signer)
    demand(card, "card_unknown")
    demand(card.person == f["person"], "bad_signature")
    entry.verify(card.key)
    check_pop(entry, f["sign_pk"])
    demand(card.used_by is None, "card_used")
    demand(card.until is None, "card_revoked")
    role = state.role_now(card.person)
    demand(role is not None, "person_inactive")
    demand(role == card.role, "card_revoked")
    demand(card.not_after >= state.log_time, "card_expired")
    demand(short("dev", f["sign_pk"]) not in state.devices, "already_exists")
    living = [d for d in state.devices_of(card.person) if d.until is None]
    demand(len(living) < MOST_DEVICES, "too_many_devices")


class Signer:
    """Who signed: a device with its person, or the root (person None)."""

    def __init__(self, state, signer_id):
        self.is_root = state.root_pk is not None and signer_id == short("root-id", state.root_pk)
        if self.is_root:
            self.key, self.person, self.role = state.root_pk, None, OWNER
            return
        device = state.devices.get(signer_id)
        demand(device, "device_unknown")
        demand(device.start is not None, "device_pending")
        demand(device.until is None, "device_revoked")
        self.key, self.person = device.key, device.person
        self.role = state.role_now(device.person)
        demand(self.role is not None, "person_inactive")


def check_signed(state, entry):
    """Steps 7 to 14: every entry but `found` and `device`."""
    first = Signer(state, entry.signer)
    entry.verify(first.key)
    demand(entry.prefix["ref_n"] >= overwritten(state, entry), "memb_moved")
    if entry.name == "records":
        check_records(entry, first)
        return
    act = act_of(state, entry, first.person)
    least, second_needed, root_may = ACTS[act]
    demand(root_may if first.is_root else first.role >= least, "not_allowed", act)
    second = check_second(state, entry, first) if entry.cosig else None
    alone = second_needed and not first.is_root and second is None
    demand(not (alone and state.trusted_count() >= 2), "second_signature")
    highest = max(first.role, second.role if second else 0)
    SUBJECTS.get(entry.name, lambda *_: None)(state, entry, highest)


def overwritten(state, entry):
    """The index of what the entry overwrites, which its signer must have seen."""
    f = entry.fields
    if entry.name == "records":
        return state.records[-1][0] if state.records else 0
    if entry.name == "box":
        return state.box_n
    if entry.name == "absence":
        known = state.persons.get(f["person"])
        return known.absent if known else 0
    person = f.get("person") if entry.name == "person" else None
    if entry.name == "revoke" and f["what"] == 1:
        person = f["subject"]
    known = state.persons.get(person)
    return known.changed if known else 0


def check_second(state, entry, first):
    second = Signer(state, entry.cosigner)
    entry.verify_second(second.key)
    demand(second.is_root or second.role >= ADMIN, "not_allowed")
    demand(second.person != first.person, "second_signature")
    return second


def check_records(entry, first):
    f = entry.fields
    demand(first.is_root, "not_allowed")
    demand(f["rec_key"] == short("rec-key", f["rec_pk"]), "malformed")
    demand(1 <= f["needed"] <= f["custodians"], "malformed")
    demand(xwing.takes(f["rec_pk"]), "malformed", "public key")


def demand_owner_left(state, person):
    """Some enrolled owner stays when this person is none any more."""
    if state.role_now(person) != OWNER:
        return
    others = (p for p in state.persons.values() if p.id != person)
    demand(any(p.enrolled and p.role_now == OWNER for p in others), "last_owner")


def check_person(state, entry, highest):
    f = entry.fields
    demand(f["role"] <= highest, "not_allowed")
    if f["role"] != OWNER:
        demand_owner_left(state, f["person"])


def demand_person(state, person):
    demand(person in state.persons, "person_unknown")
    demand(state.role_now(person) is not None, "person_inactive")


def check_card(state, entry, highest):
    f = entry.fields
    demand_person(state, f["person"])
    demand(f["role"] == state.role_now(f["person"]), "not_allowed")
    demand(f["role"] <= highest, "not_allowed")
    days = 7 if f["role"] >= COORDINATOR else 90
    demand(f["not_after"] <= entry.t + days * DAY, "card_lifetime")
    card_id = short("card-id", f["card_pk"])
    demand(card_id not in state.cards and card_id not in state.spent, "already_exists")


def check_approve(state, entry, _):
    device = state.devices.get(entry.fields["device"])
    demand(device, "not_found")
    demand(device.until is None, "device_revoked")
    demand(device.start is None, "already_exists")


def check_absence(state, entry, _):
    demand_person(state, entry.fields["person"])
    demand(state.role_now(entry.fields["person"]) >= MEMBER, "not_allowed", "a guest")


def check_revoke(state, entry, _):
    what, subject = entry.fields["what"], entry.fields["subject"]
    if what == 1:
        demand_person(state, subject)
        demand_owner_left(state, subject)
    elif what == 2:
        demand(state.devices[subject].until is None, "device_revoked")
    else:
        demand(state.cards[subject].unused, "card_revoked")


SUBJECTS = {
    "person": check_person,
    "card": check_card,
    "approve": check_approve,
    "revoke": check_revoke,
    "absence": check_absence,
}
