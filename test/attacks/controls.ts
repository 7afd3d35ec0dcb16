// For each attack the checks that stop it, by their text, and what stands there in the control: without
// them the attack has to succeed. Where several layers stop an attack, its control takes all of them out.

export type Take = {
  file: string
  /** Stands in the file exactly once. */
  text: string
  instead: string
}
export type Control = {
  attack: string
  /** What is missing, in a few words. */
  without: string
  /** A file of this folder. */
  tests: string
  /** Which of its tests: a part of their names. */
  only: string
  take: Take[]
}

const take = (file: string, text: string, instead = 'void 0'): Take => ({ file, text, instead })

const P1 = 'p01-injected-member.test.ts'
const P19 = 'p19-small-order-keys.test.ts'

export const CONTROLS: Control[] = [
  {
    attack: 'P1',
    without: 'the signature of directory entries',
    tests: P1,
    only: 'writes into the directory',
    take: [
      take(
        'protocol/directory-rights.ts',
        "if (trust === 'verify') verifyEntry(entry, signer.key)",
        'void verifyEntry',
      ),
    ],
  },
  {
    attack: 'P1',
    without: 'rights in the directory',
    tests: P1,
    only: 'writes into the directory',
    take: [
      take(
        'protocol/directory-rights.ts',
        "ensure(signer.root ? rule.root : signer.role >= rule.least, 'not_allowed', act)",
      ),
    ],
  },
  {
    attack: 'P1',
    without: 'the signature of operations and epochs',
    tests: P1,
    only: 'writes into a channel',
    take: [
      take(
        'protocol/channel.ts',
        'verifyEntry(entry, device.signPk)\n    return device',
        'return device',
      ),
    ],
  },
  {
    attack: 'P1',
    without: 'rights in the channel',
    tests: P1,
    only: 'writes into a channel',
    take: [
      take(
        'protocol/channel.ts',
        "ensure(mayInChannel(this.type, act, stands, role), 'not_allowed', act)",
        'void mayInChannel',
      ),
    ],
  },
  {
    attack: 'P1',
    without: 'overwriting only what was seen',
    tests: P1,
    only: 'in false places',
    take: [
      take(
        'protocol/directory-rights.ts',
        "ensure(hasSeen(state, entry), 'memb_moved', 'overwrites what its signer had not seen')",
        'void hasSeen',
      ),
    ],
  },
  {
    attack: 'P1',
    without: 'the signature of prekeys',
    tests: P1,
    only: 'hands out',
    take: [take('client/epochs.ts', 'verifyPrekey(prekey, device.signPk)', 'void verifyPrekey')],
  },
  {
    attack: 'P19',
    without: 'proof that a new device holds its key',
    tests: P19,
    only: 'becomes a device',
    take: [
      take(
        'protocol/directory-rights.ts',
        "ensure(verify('pop', pop, proof, signPk), 'bad_signature', 'device key')",
      ),
    ],
  },
  {
    attack: 'P19',
    without: 'prekeys that can be sealed to',
    tests: P19,
    only: 'getting new keys',
    take: [
      take('protocol/prekey.ts', 'checkXwingPublic(value.publicKey)', 'void checkXwingPublic'),
    ],
  },
  {
    attack: 'P19',
    without: 'a refusal for small ciphertexts',
    tests: P19,
    only: 'A bad (seal|bundle|answer)',
    take: [
      take(
        'protocol/sodium.ts',
        "throw new ProtocolError(code, 'X-Wing', { cause })",
        'throw cause',
      ),
    ],
  },
  {
    attack: 'P19',
    without: 'response keys that can be sealed to',
    tests: P19,
    only: 'from answering',
    take: [
      take(
        'protocol/channel-operations.ts',
        "if (data.kind === 'respkey') checkXwingPublic(data.publicKey)",
        'void checkXwingPublic',
      ),
    ],
  },
]
