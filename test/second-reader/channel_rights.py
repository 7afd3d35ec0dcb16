"""Who may do what in a channel: the table *Rights* of section 11 of PROTOCOL.md."""

from kinds import ADMIN, CHANNEL_TYPES, COORDINATOR, MANAGER, MEMBER, PUBLISHER

ANY = 1
NOBODY = (None, None)
# act: for each type (least channel role, least directory role), None where no such role suffices
CHANGE = {"group": (MANAGER, None), "response": (MANAGER, None), "direct": NOBODY, "audience": (MANAGER, None)}
PEOPLE = CHANGE | {"response": (MANAGER, ADMIN)}
SPEAK = {t: (ANY, None) for t in ("group", "response", "direct")} | {"audience": (PUBLISHER, COORDINATOR)}
LOUD = dict.fromkeys(("group", "response", "direct"), NOBODY) | {"audience": (PUBLISHER, COORDINATOR)}
LEAVE = {t: (ANY, None) for t in ("group", "response", "audience")} | {"direct": NOBODY}
EVERYBODY = {t: (ANY, None) for t in CHANNEL_TYPES.values()}
TABLE = {
    "add": PEOPLE, "remove": PEOPLE, "role": CHANGE, "policy": CHANGE, "title": CHANGE, "leave": LEAVE,
    "respkey": LOUD, "announce": SPEAK, "extension": EVERYBODY, "text": SPEAK, "control": SPEAK,
    "alert": LOUD, "exercise": LOUD,
}  # fmt: skip
CREATE = {"group": MEMBER, "response": COORDINATOR, "direct": MEMBER, "audience": COORDINATOR}


def may(state, directory, person, act, dir_n):
    """A member with a role in the directory, and one of the two roles reaches."""
    member = state.members.get(person)
    office = directory.role_at(person, dir_n)
    if member is None or office is None:
        return False
    by_channel, by_directory = TABLE[act][CHANNEL_TYPES[state.type]]
    role = channel_role(state, directory, member, office, dir_n)
    return (by_channel is not None and role >= by_channel) or (by_directory is not None and office >= by_directory)


def channel_role(state, directory, member, office, dir_n):
    """Administrators stand in where no manager with a role in the directory is left."""
    managers = (m for m in state.members.values() if m.role == MANAGER)
    if office >= ADMIN and not any(directory.role_at(m.person, dir_n) for m in managers):
        return MANAGER
    return member.role
