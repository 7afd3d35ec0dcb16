"""Cards: the text on paper, what the secret gives, the sealed blob. Section 5 of PROTOCOL.md."""

import unicodedata

from codec import Reader, demand
from padding import unpad
from primitives import H, KDF, open_sealed, short, sign_pair

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
UPPER = {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
WHITE_SPACE = set(map(chr, [*range(9, 14), 32, 0xA0, 0x1680, *range(0x2000, 0x200B)]))
WHITE_SPACE |= set(map(chr, [0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF]))
BLOB_SIZE = 552
BLOB_PLAIN = 512


def characters(data):
    """Five bits a character, most significant bit first, zero bits at the end."""
    bits = len(data) * 8
    count = -(-bits // 5)
    value = int.from_bytes(data, "big") << (count * 5 - bits)
    return "".join(ALPHABET[value >> (5 * i) & 31] for i in reversed(range(count)))


def checked(data):
    return characters(data) + characters(H("card-check", data))[:2]


def to_paper(data):
    text = checked(data)
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def from_paper(text, size):
    """The bytes of a text that a person typed, or `card_mistyped`."""
    kept = [c for c in text.translate(UPPER) if c not in WHITE_SPACE and unicodedata.category(c) != "Pd"]
    plain = "".join(kept).translate(ALIKE)
    count = -(-size * 8 // 5)
    demand(len(plain) == count + 2, "card_mistyped", "length")
    demand(all(c in ALPHABET for c in plain), "card_mistyped", "alphabet")
    value = 0
    for c in plain[:count]:
        value = value << 5 | ALPHABET.index(c)
    spare = count * 5 - size * 8
    demand(value & (1 << spare) - 1 == 0, "card_mistyped", "spare bits")
    data = (value >> spare).to_bytes(size, "big")
    demand(checked(data) == plain, "card_mistyped", "check characters")
    return data


def unfold(secret):
    """Everything that the 16 bytes on the card give."""
    key = secret + bytes(16)
    public, signing = sign_pair(KDF(key, "card-sign"))
    lookup = KDF(key, "card-lookup")[:16]
    return {
        "id": short("card-id", public),
        "org": short("org", public),
        "lookup": lookup,
        "stored": H("card-stored", lookup),
        "public_key": public,
        "signing": signing,
        "blob_key": KDF(key, "card-blob"),
    }


def open_blob(secret, sealed):
    demand(len(sealed) == BLOB_SIZE, "cannot_open", "length")
    card = unfold(secret)
    padded = open_sealed(card["blob_key"], card["id"], sealed[:24], sealed[24:])
    return read_blob(unpad(padded, lambda _: BLOB_PLAIN))


def read_blob(plain):
    reader = Reader(plain)
    value = {
        "root_pk": reader.take(32),
        "box_pk": reader.take(32),
        "person": reader.take(16),
        "dk_ver": reader.uint(2),
        "dk": reader.take(32),
        "dir_n": reader.uint(8),
        "dir_h": reader.take(32),
        "maker_pk": reader.take(32),
        "org": reader.text(1, 120),
        "name": reader.text(1, 120),
        "endpoints": reader.list(1, 4, lambda r: r.text(1, 60)),
    }
    reader.end()
    return value
