"""X-Wing (draft-connolly-cfrg-xwing-kem-10): ML-KEM-768 and X25519 under one hash."""

import functools
import hashlib

from nacl import bindings, exceptions

import mlkem
from codec import Refused, demand

PUBLIC = 1216
CIPHERTEXT = 1120
LABEL = b"\\.//^\\"


@functools.lru_cache(maxsize=512)
def key_pair(seed):
    """(public key 1216, expanded secret) of a 32-byte seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    ek, dk = mlkem.key_gen(expanded[:32], expanded[32:64])
    sk_x = expanded[64:]
    pk_x = bindings.crypto_scalarmult_base(sk_x)
    return ek + pk_x, (dk, sk_x, pk_x)


def public_key(seed):
    return key_pair(seed)[0]


def combine(ss_m, ss_x, ct_x, pk_x):
    return hashlib.sha3_256(ss_m + ss_x + ct_x + pk_x + LABEL).digest()


def exchange(secret, point):
    """X25519. libsodium reports a point of small order; nothing opens under such a secret."""
    try:
        return bindings.crypto_scalarmult(secret, point)
    except exceptions.CryptoError:
        raise Refused("cannot_open", "small order") from None


def takes(public):
    """Whether anything can be sealed to this public key."""
    try:
        exchange(bytes([1]) * 32, public[1184:])
    except Refused:
        return False
    return mlkem.is_reduced(public[:1184])


def encapsulate(public, coins):
    """(ciphertext, shared secret) with the 64 bytes of randomness given."""
    demand(len(public) == PUBLIC and len(coins) == 64 and takes(public), "malformed")
    pk_x = public[1184:]
    ss_m, ct_m = mlkem.encapsulate(public[:1184], coins[:32])
    ct_x = bindings.crypto_scalarmult_base(coins[32:])
    return ct_m + ct_x, combine(ss_m, exchange(coins[32:], pk_x), ct_x, pk_x)


def decapsulate(seed, ciphertext):
    demand(len(ciphertext) == CIPHERTEXT, "malformed")
    dk, sk_x, pk_x = key_pair(seed)[1]
    ct_x = ciphertext[1088:]
    ss_m = mlkem.decapsulate(dk, ciphertext[:1088])
    return combine(ss_m, exchange(sk_x, ct_x), ct_x, pk_x)
