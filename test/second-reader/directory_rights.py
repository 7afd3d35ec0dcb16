"""Acts and who may do them: the tables of section 9 of PROTOCOL.md."""

from codec import demand
from kinds import ADMIN, MEMBER

GUEST = 1
# act: (least role, second signature, root)
ACTS = {
    "person.trusted": (ADMIN, True, True),
    "person.staff": (ADMIN, False, False),
    "card.own": (GUEST, False, False),
    "card.trusted": (ADMIN, True, True),
    "card.staff": (ADMIN, False, False),
    "approve.own": (GUEST, False, False),
    "approve.other": (ADMIN, True, True),
    "revoke.trusted": (ADMIN, True, True),
    "revoke.staff": (ADMIN, False, False),
    "revoke.own": (GUEST, False, False),
    "revoke.device": (ADMIN, False, True),
    "tick": (ADMIN, False, False),
    "checkpoint": (ADMIN, False, False),
    "box": (ADMIN, True, True),
    "absence.own": (MEMBER, False, False),
    "absence.other": (ADMIN, False, False),
    "restore": (ADMIN, True, True),
    "running": (MEMBER, False, False),
}


def act_of(state, entry, person):
    """The act of an entry; `person` is whose device signed first, None for the root."""
    fields = entry.fields
    if entry.name == "person":
        high = state.trusted(fields["person"]) or fields["role"] >= ADMIN
        return "person.trusted" if high else "person.staff"
    if entry.name == "card":
        if fields["person"] == person:
            return "card.own"
        return "card.trusted" if fields["role"] >= ADMIN else "card.staff"
    if entry.name == "approve":
        device = state.devices.get(fields["device"])
        return "approve.own" if device and device.person == person else "approve.other"
    if entry.name == "absence":
        return "absence.own" if fields["person"] == person else "absence.other"
    if entry.name == "revoke":
        return act_of_revoke(state, fields, person)
    return entry.name


def act_of_revoke(state, fields, person):
    subject = revoked_person(state, fields)
    if fields["void_from"] > 0:
        known = state.persons.get(subject)
        since = known is not None and known.trusted_since(fields["void_from"])
        return "revoke.trusted" if since else "revoke.staff"
    if fields["what"] == 1:
        return "revoke.trusted" if state.trusted(subject) else "revoke.staff"
    return "revoke.own" if subject == person else "revoke.device"


def revoked_person(state, fields):
    """The person that a revoke is about; an unknown device or card is `not_found`."""
    if fields["what"] == 1:
        return fields["subject"]
    held = state.devices if fields["what"] == 2 else state.cards
    demand(fields["subject"] in held, "not_found")
    return held[fields["subject"]].person
