"""A channel log over a directory, and the log of answers to one alert. Sections 11 and 17 of PROTOCOL.md."""

from channel_apply import apply_entry
from channel_check import check_kind
from channel_state import State
from codec import Refused, demand
from entries import Chain
from primitives import H, short

ANSWER_PAYLOAD = 1264


class Channel:
    """`directory` is the Directory that the reader holds by now."""

    def __init__(self, org, log, directory):
        self.org, self.log, self.directory = org, log, directory
        self.chain = Chain(log)
        self.state = State()

    def check(self, entry):
        demand(entry.org == self.org, "wrong_organisation")
        create = entry.name == "create"
        log = short("log", entry.signed) if create and entry.log == bytes(16) else entry.log
        demand(log == self.log and not (create and entry.log != bytes(16)), "not_found")
        empty = self.state.memb_n == 0
        demand(not create or empty, "already_exists")
        demand(create or not empty, "not_found")
        if create:
            zero = entry.prefix["ref_n"] == 0 and entry.prefix["ref_h"] == bytes(32)
            demand(zero, "malformed", "reference of a create")
        else:
            self.chain.demand_reference(entry)
        check_kind(self.state, self.directory, entry)

    def take(self, entry):
        """Check, effect and chain; a refused entry keeps its place. Gives the code of the refusal or None."""
        n = self.chain.n + 1
        try:
            self.check(entry)
            apply_entry(self.state, entry, n, self.directory.state.devices[entry.signer])
            code = None
        except Refused as refused:
            code = refused.code
        self.chain.append(entry.stub)
        return code


def check_answer(entry, key):
    """What can be said of an answer without its log."""
    demand(entry.name == "answer", "malformed", "kind")
    demand(len(entry.payload or b"") == ANSWER_PAYLOAD, "malformed", "payload")
    demand(H("body-hash", entry.payload) == entry.fields["body_hash"], "malformed", "body hash")
    zero = entry.prefix["ref_n"] == 0 and entry.prefix["ref_h"] == bytes(32)
    demand(zero, "malformed", "reference")
    entry.verify(key)


class AnswerLog:
    """The answers to one alert of a channel."""

    def __init__(self, org, alert, channel):
        self.org, self.log, self.channel = org, alert, channel
        self.chain = Chain(alert)
        self.seqs = {}  # person: highest seq

    def check(self, entry):
        demand(entry.org == self.org, "wrong_organisation")
        demand(entry.log == self.log, "not_found")
        device = self.channel.directory.state.devices.get(entry.signer)
        demand(device, "device_unknown")
        demand(device.start is not None, "device_pending")
        check_answer(entry, device.key)
        f = entry.fields
        demand(f["person"] == device.person, "not_allowed")
        demand(device.person in self.channel.state.spans, "not_allowed")
        named = any(epoch == f["resp_epoch"] for epoch, _, _ in self.channel.state.resp_keys)
        demand(named, "epoch_moved")
        demand(f["seq"] > self.seqs.get(device.person, 0), "seq_low")

    def take(self, entry):
        try:
            self.check(entry)
            self.seqs[entry.fields["person"]] = entry.fields["seq"]
            code = None
        except Refused as refused:
            code = refused.code
        self.chain.append(entry.stub)
        return code
