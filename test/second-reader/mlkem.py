"""ML-KEM-768 from FIPS 203, in the order and the names of that text. Neither fast nor constant in time."""

import hashlib

Q = 3329
N = 256
K = 3
ETA = 2
DU = 10
DV = 4
INVERSE_128 = 3303


def reversed_bits(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, reversed_bits(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed_bits(i) + 1, Q) for i in range(128)]


def G(x):
    both = hashlib.sha3_512(x).digest()
    return both[:32], both[32:]


def ntt(f):
    f = list(f)
    i, length = 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = zeta * f[j + length] % Q
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(f):
    f = list(f)
    i, length = 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            zeta = ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * INVERSE_128 % Q for x in f]


def multiply(f, g):
    h = [0] * N
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h[2 * i] = (a0 * b0 + a1 * b1 % Q * GAMMAS[i]) % Q
        h[2 * i + 1] = (a0 * b1 + a1 * b0) % Q
    return h


def add(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def subtract(f, g):
    return [(a - b) % Q for a, b in zip(f, g)]


def inner(row, column):
    total = [0] * N
    for f, g in zip(row, column):
        total = add(total, multiply(f, g))
    return total


def byte_encode(f, d):
    value = 0
    for i, x in enumerate(f):
        value |= x << (d * i)
    return value.to_bytes(32 * d, "little")


def byte_decode(data, d):
    value = int.from_bytes(data, "little")
    mask = (1 << d) - 1
    f = [(value >> (d * i)) & mask for i in range(N)]
    return [x % Q for x in f] if d == 12 else f


def compress(f, d):
    return [(((x << d) + Q // 2) // Q) % (1 << d) for x in f]


def decompress(f, d):
    return [(x * Q + (1 << (d - 1))) >> d for x in f]


def sample_ntt(seed):
    """Rejection sampling; 1,344 bytes suffice but for odds far below any use, then more are drawn."""
    f, size = [], 1344
    while True:
        stream = hashlib.shake_128(seed).digest(size)
        f.clear()
        for i in range(0, size, 3):
            d1 = stream[i] + 256 * (stream[i + 1] % 16)
            d2 = stream[i + 1] // 16 + 16 * stream[i + 2]
            f.extend(d for d in (d1, d2) if d < Q)
        if len(f) >= N:
            return f[:N]
        size *= 2


def sample_cbd(seed, index):
    stream = hashlib.shake_256(seed + bytes([index])).digest(64 * ETA)
    bits = int.from_bytes(stream, "little")
    f = []
    for i in range(N):
        four = (bits >> (4 * i)) & 15
        f.append(((four & 1) + (four >> 1 & 1) - (four >> 2 & 1) - (four >> 3)) % Q)
    return f


def matrix(rho):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def key_gen(d, z):
    """(encapsulation key 1184, decapsulation key as the four parts that FIPS 203 concatenates)."""
    rho, sigma = G(d + bytes([K]))
    a = matrix(rho)
    s = [ntt(sample_cbd(sigma, i)) for i in range(K)]
    e = [ntt(sample_cbd(sigma, K + i)) for i in range(K)]
    t = [add(inner(a[i], s), e[i]) for i in range(K)]
    ek = b"".join(byte_encode(f, 12) for f in t) + rho
    return ek, (s, ek, hashlib.sha3_256(ek).digest(), z)


def encrypt(ek, message, coins):
    t = [byte_decode(ek[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    a = matrix(ek[384 * K :])
    y = [ntt(sample_cbd(coins, i)) for i in range(K)]
    c = b""
    for i in range(K):
        u = add(inverse_ntt(inner([a[j][i] for j in range(K)], y)), sample_cbd(coins, K + i))
        c += byte_encode(compress(u, DU), DU)
    mu = decompress(byte_decode(message, 1), 1)
    v = add(add(inverse_ntt(inner(t, y)), sample_cbd(coins, 2 * K)), mu)
    return c + byte_encode(compress(v, DV), DV)


def decrypt(s, c):
    size = 32 * DU
    u = [decompress(byte_decode(c[size * i : size * (i + 1)], DU), DU) for i in range(K)]
    v = decompress(byte_decode(c[size * K :], DV), DV)
    w = subtract(v, inverse_ntt(inner(s, [ntt(f) for f in u])))
    return byte_encode(compress(w, 1), 1)


def is_reduced(ek):
    """The check of an encapsulation key, FIPS 203, 7.2: every coefficient is below q."""
    value = int.from_bytes(ek[: 384 * K], "little")
    return all((value >> (12 * i)) & 4095 < Q for i in range(N * K))


def encapsulate(ek, message):
    """(shared secret 32, ciphertext 1088) with the given 32 bytes of randomness."""
    secret, coins = G(message + hashlib.sha3_256(ek).digest())
    return secret, encrypt(ek, message, coins)


def decapsulate(dk, c):
    """The shared secret; of a tampered ciphertext another one, without an error."""
    s, ek, ek_hash, z = dk
    message = decrypt(s, c)
    secret, coins = G(message + ek_hash)
    if encrypt(ek, message, coins) != c:
        return hashlib.shake_256(z + c).digest(32)
    return secret
