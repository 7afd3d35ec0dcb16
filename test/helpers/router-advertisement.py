"""Tells every machine of each network of this one that the way to the internet leads through it (RFC 4861, 4.2)."""

import errno
import socket
import struct
import time

ROUTER_ADVERTISEMENT = 134
PREFIX = socket.inet_pton(socket.AF_INET6, "2600:1:2:3::")


def advertisement(hardware):
    head = struct.pack("!BBHBBHII", ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 1800, 0, 0)
    link = bytes([1, 1]) + hardware
    prefix = bytes([3, 4, 64, 0xC0]) + struct.pack("!III", 86400, 14400, 0) + PREFIX
    return head + link + prefix


def say(message, index):
    """A cable that was just laid has no address of its own for a moment."""
    for _ in range(50):
        try:
            return sender.sendto(message, ("ff02::1", 0, 0, index))
        except OSError as error:
            if error.errno not in (errno.ENETUNREACH, errno.EADDRNOTAVAIL):
                raise
            time.sleep(0.1)
    raise SystemExit("no address")


sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
for index, name in socket.if_nameindex():
    if name == "lo":
        continue
    with open(f"/sys/class/net/{name}/address") as file:
        hardware = bytes.fromhex(file.read().strip().replace(":", ""))
    sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    say(advertisement(hardware), index)
