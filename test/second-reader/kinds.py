"""Kinds of entries: section 6 of PROTOCOL.md."""

NAMES = {
    1: "found", 2: "person", 3: "card", 4: "device", 5: "approve", 6: "revoke", 7: "tick", 8: "box", 9: "records",
    10: "checkpoint", 11: "absence", 12: "restore", 13: "running",
    32: "create", 33: "add", 34: "remove", 35: "role", 36: "policy", 37: "respkey", 38: "title",
    48: "announce", 49: "extension",
    64: "text", 65: "alert", 66: "exercise", 67: "control",
    80: "answer",
}  # fmt: skip

COSIGNED = {"person", "card", "approve", "revoke", "tick", "box", "restore"}
ROLES = {1: "guest", 2: "member", 3: "coordinator", 4: "admin", 5: "owner"}
MEMBER, COORDINATOR, ADMIN, OWNER = 2, 3, 4, 5
PUBLISHER, MANAGER = 2, 3
CHANNEL_TYPES = {1: "group", 2: "direct", 3: "audience", 4: "response"}


def is_directory(kind):
    return kind < 32


def is_operation(kind):
    return 32 <= kind < 48


def is_message(kind):
    return 64 <= kind < 80


def has_payload(kind):
    return kind >= 64


def label_of(kind):
    """The label of the first signature: section 3."""
    if is_directory(kind):
        return "dir"
    if is_operation(kind):
        return "memb"
    if kind < 64:
        return "epoch"
    return "msg" if is_message(kind) else "answer"
