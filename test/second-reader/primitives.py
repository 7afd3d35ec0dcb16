"""Labels, hashes, signatures and ids: sections 2 to 4 of PROTOCOL.md."""

import hashlib

from nacl import bindings, exceptions

from codec import Refused, demand

ZERO_NONCE = bytes(24)
TAG = 16


def label(name):
    return b"holdfast/1/" + name.encode("ascii")


def prefixed(name, x):
    marked = label(name)
    return bytes([len(marked)]) + marked + x


def blake(x, size=32, key=b""):
    return hashlib.blake2b(x, digest_size=size, key=key).digest()


def H(name, x):
    return blake(prefixed(name, x))


def KDF(key, name, x=b""):
    return blake(prefixed(name, x), 32, key)


def KDF64(key, name, x=b""):
    return blake(prefixed(name, x), 64, key)


def short(name, x):
    """The first 16 bytes of a hash: an id."""
    return H(name, x)[:16]


def sign_pair(seed):
    """(public key 32, secret key 64) of an Ed25519 seed."""
    return bindings.crypto_sign_seed_keypair(seed)


def sign(secret, name, x):
    message = label(name) + b"\0" + x
    return bindings.crypto_sign(message, secret)[:64]


def verify(key, name, x, sig, code="bad_signature"):
    """Refuses unless `sig` is by `key` under this label."""
    demand(signature_fits(key, label(name) + b"\0" + x, sig), code)


def signature_fits(key, message, sig):
    try:
        bindings.crypto_sign_open(sig + message, key)
        return True
    except exceptions.BadSignatureError:
        return False


def seal(key, aad, nonce, plain):
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, aad, nonce, key)


def open_sealed(key, aad, nonce, sealed):
    """The plaintext, or `cannot_open`."""
    demand(len(sealed) >= TAG, "cannot_open", "shorter than a tag")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except exceptions.CryptoError:
        raise Refused("cannot_open") from None
