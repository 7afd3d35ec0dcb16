"""What an accepted directory entry changes: the effects of section 9 of PROTOCOL.md, without void_from."""

from directory_state import NO_END, Card, Device, Person
from kinds import ADMIN, OWNER
from primitives import short

TWO_DAYS = 2 * 24 * 3600 * 1000


def apply_entry(state, entry, n):
    move_time(state, entry)
    EFFECTS[entry.name](state, entry, n)


def move_time(state, entry):
    """Log time, the expiry clock of the directory; never back."""
    device = state.devices.get(entry.signer)
    if entry.name == "found":
        state.log_time = entry.t
    if device is None or (state.role_now(device.person) or 0) < ADMIN:
        return
    if entry.t <= state.log_time + TWO_DAYS or entry.cosig:
        state.log_time = max(state.log_time, entry.t)
    elif entry.name == "tick":
        state.log_time += TWO_DAYS
    if entry.name == "tick":
        state.tick_time = max(state.tick_time, min(entry.t, state.log_time))


def apply_found(state, entry, n):
    f = entry.fields
    state.root_pk = f["root_pk"]
    state.persons[f["person"]] = Person(f["person"], [(n, OWNER)])
    card = Card(entry.signer, f["person"], f["card_pk"], OWNER, NO_END, n, entry.signer, False)
    state.cards[card.id] = card


def apply_person(state, entry, n):
    f = entry.fields
    person = state.persons.setdefault(f["person"], Person(f["person"]))
    person.changed = n
    person.dk_ver, person.sealed = f["dk_ver"], f["sealed"]
    if person.role_now != f["role"]:
        person.roles.append((n, f["role"]))


def apply_card(state, entry, n):
    f = entry.fields
    for older in state.cards_of(f["person"]):
        end_if_unused(older, n)
    maker = state.devices.get(entry.signer)
    own = maker is not None and maker.person == f["person"]
    card_id = short("card-id", f["card_pk"])
    state.cards[card_id] = Card(
        card_id, f["person"], f["card_pk"], f["role"], f["not_after"], n, entry.signer, own
    )


def end_if_unused(card, n):
    if card.unused:
        card.until = n


def apply_device(state, entry, n):
    f = entry.fields
    card = state.cards[entry.signer]
    device_id = short("dev", f["sign_pk"])
    waits = card.own or any(state.is_active(d.id) for d in state.devices_of(card.person))
    card.used_by = device_id
    start = None if waits else n
    state.devices[device_id] = Device(device_id, card.person, f["sign_pk"], card.id, n, start)
    if not waits:
        state.persons[card.person].enrolled = True


def apply_approve(state, entry, n):
    state.devices[entry.fields["device"]].start = n


def apply_revoke(state, entry, n):
    what, subject = entry.fields["what"], entry.fields["subject"]
    if what == 3:
        state.cards[subject].until = n
    elif what == 2:
        end_device(state, state.devices[subject], n)
    else:
        for device in state.devices_of(subject):
            if device.until is None:
                end_device(state, device, n)
        for card in state.cards_of(subject):
            end_if_unused(card, n)
        state.persons[subject].roles.append((n, None))
        state.persons[subject].changed = n
        state.persons[subject].absence, state.persons[subject].absent = None, n


def end_device(state, device, n):
    state.lose(device, n)
    for card in state.cards.values():
        if card.own and card.maker == device.id:
            end_if_unused(card, n)


def apply_box(state, entry, n):
    state.box_pk, state.box_n = entry.fields["box_pk"], n


def apply_absence(state, entry, n):
    f = entry.fields
    person = state.persons[f["person"]]
    person.absence, person.absent = (f["dk_ver"], f["sealed"]), n


def apply_records(state, entry, n):
    f = entry.fields
    state.records.append((n, f["rec_key"], f["rec_pk"], f["needed"], f["custodians"]))


EFFECTS = {
    "found": apply_found,
    "person": apply_person,
    "card": apply_card,
    "device": apply_device,
    "approve": apply_approve,
    "revoke": apply_revoke,
    "tick": lambda *_: None,
    "box": apply_box,
    "records": apply_records,
    "checkpoint": lambda *_: None,
    "restore": lambda *_: None,
    "running": lambda *_: None,
    "absence": apply_absence,
}
