"""What a channel log says: the facts of section 11 of PROTOCOL.md."""

from dataclasses import dataclass, field

SEGMENT_SIZE = 512


@dataclass
class Member:
    person: bytes
    role: int
    segment: int
    since_memb: int
    publisher_since: int | None = None

    def holds(self, segment, memb_n):
        """Has the keys of that segment by the membership of operation memb_n."""
        if self.segment == segment and self.since_memb <= memb_n:
            return True
        return self.publisher_since is not None and self.publisher_since <= memb_n


@dataclass
class Segment:
    persons: int = 0
    removed_at: int = 0
    epoch: bytes | None = None


@dataclass
class Epoch:
    id: bytes
    segment: int
    n: int
    t: int
    creator: bytes
    core: bytes
    memb_n: int
    dir_n: int
    not_after: int
    records: dict | None
    gen: int = 0
    commits: dict = field(default_factory=dict)  # generation: commitment
    sealers: dict = field(default_factory=dict)  # generation: devices, in log order


@dataclass
class State:
    """`spans` are (first n, last n or None) of each person; `resp_keys` (epoch, response channel, key)."""

    type: int = 0
    recorded: bool = False
    creator: bytes | None = None
    title: tuple = (0, b"")
    memb_n: int = 0
    memb_head: bytes = bytes(32)
    dir_n: int = 0
    members: dict = field(default_factory=dict)
    spans: dict = field(default_factory=dict)
    segments: list = field(default_factory=list)
    epochs: dict = field(default_factory=dict)
    resp_keys: list = field(default_factory=list)
    seqs: dict = field(default_factory=dict)
    alerts: dict = field(default_factory=dict)

    def holders(self, segment, memb_n):
        return [m for m in self.members.values() if m.holds(segment, memb_n)]

    def entitled(self, directory, segment, memb_n, dir_n):
        """How many devices are valid at dir_n and belong to members that hold."""
        persons = {m.person for m in self.holders(segment, memb_n)}
        return sum(1 for d in directory.devices.values() if d.person in persons and d.valid_at(dir_n))

    def is_sender(self, device, epoch):
        member = self.members.get(device.person)
        held = member is not None and member.holds(epoch.segment, epoch.memb_n)
        return held and device.valid_at(epoch.dir_n)

    def current(self, segment):
        return self.epochs.get(self.segments[segment].epoch)

    def stale(self, directory, segment, dir_n):
        """The newest epoch of the segment may not be sent under."""
        epoch = self.current(segment)
        if epoch is None or self.segments[segment].removed_at > epoch.memb_n:
            return True
        if self.recorded != (epoch.records is not None):
            return True
        persons = {m.person for m in self.holders(segment, epoch.memb_n)}
        return any(
            epoch.dir_n < n <= dir_n and person in persons and directory.devices[device].start is not None
            for n, device, person in directory.losses
        )
