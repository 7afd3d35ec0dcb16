"""Who is who, by the directory log: the facts of section 9 of PROTOCOL.md."""

from dataclasses import dataclass, field

from kinds import ADMIN

NO_END = 2**53 - 1


@dataclass
class Person:
    id: bytes
    roles: list = field(default_factory=list)  # (from n, role or None for left)
    enrolled: bool = False
    changed: int = 0  # index of the newest `person` about them or `revoke` of them
    dk_ver: int = 0
    sealed: bytes = b""
    absence: tuple | None = None  # (dk_ver, sealed)
    absent: int = 0  # index of the newest `absence` of them or `revoke` of them

    def role_at(self, n):
        held = [role for start, role in self.roles if start <= n]
        return held[-1] if held else None

    @property
    def role_now(self):
        return self.roles[-1][1] if self.roles else None

    def trusted_since(self, i):
        """A role of administrator or more at index i or at any later one."""
        later = [role for start, role in self.roles if start > i]
        return any((role or 0) >= ADMIN for role in [self.role_at(i), *later])


@dataclass
class Device:
    id: bytes
    person: bytes
    key: bytes
    card: bytes
    joined: int
    start: int | None
    until: int | None = None

    def valid_at(self, n):
        return self.start is not None and self.start <= n and (self.until is None or self.until > n)


@dataclass
class Card:
    id: bytes
    person: bytes
    key: bytes
    role: int
    not_after: int
    index: int
    maker: bytes
    own: bool
    used_by: bytes | None = None
    until: int | None = None

    @property
    def unused(self):
        return self.used_by is None and self.until is None


@dataclass
class State:
    """Everything the log says; `losses` are (n, device id, person id)."""

    persons: dict = field(default_factory=dict)
    devices: dict = field(default_factory=dict)
    cards: dict = field(default_factory=dict)
    spent: set = field(default_factory=set)  # ids of used and ended cards that came with a snapshot
    root_pk: bytes | None = None
    box_pk: bytes | None = None
    box_n: int = 0
    records: list = field(default_factory=list)  # (from n, key id, public key, needed, custodians)
    log_time: int = 0
    tick_time: int = 0
    losses: list = field(default_factory=list)

    def role_now(self, person):
        known = self.persons.get(person)
        return known.role_now if known else None

    def role_at(self, person, n):
        known = self.persons.get(person)
        return known.role_at(n) if known else None

    def trusted(self, person):
        return (self.role_now(person) or 0) >= ADMIN

    def trusted_count(self):
        return sum(1 for p in self.persons.values() if p.enrolled and (p.role_now or 0) >= ADMIN)

    def devices_of(self, person):
        return [d for d in self.devices.values() if d.person == person]

    def cards_of(self, person):
        return [c for c in self.cards.values() if c.person == person]

    def is_active(self, device_id):
        device = self.devices.get(device_id)
        return device is not None and device.start is not None and device.until is None

    def records_key_at(self, n):
        held = [entry for entry in self.records if entry[0] <= n]
        return held[-1] if held else None

    def lose(self, device, n):
        """The end of a device."""
        device.until = n
        self.losses.append((n, device.id, device.person))
