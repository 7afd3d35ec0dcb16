// For each attack the check that stops it, by its text, and what stands there in the control: without it
// the attack has to succeed. Where several layers stop an attack, its control takes all of them out.

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
  /** Which of its tests: a regular expression for their names. */
  only?: string
  take: Take[]
}

const P19: Control[] = [
  {
    attack: 'P19',
    without: 'proof that a new device holds its key',
    tests: 'p19-small-order-keys.test.ts',
    only: 'becomes a device',
    take: [
      {
        file: 'protocol/directory-rights.ts',
        text: "ensure(verify('pop', pop, proof, signPk), 'bad_signature', 'device key')",
        instead: 'void proof',
      },
    ],
  },
  {
    attack: 'P19',
    without: 'prekeys that can be sealed to',
    tests: 'p19-small-order-keys.test.ts',
    only: 'getting new keys',
    take: [
      {
        file: 'protocol/prekey.ts',
        text: 'checkXwingPublic(value.publicKey)',
        instead: 'void checkXwingPublic',
      },
    ],
  },
  {
    attack: 'P19',
    without: 'a refusal for small ciphertexts',
    tests: 'p19-small-order-keys.test.ts',
    only: 'bad (seal|bundle|answer)',
    take: [
      {
        file: 'protocol/sodium.ts',
        text: "throw new ProtocolError(code, 'X-Wing', { cause })",
        instead: 'void code\n    throw cause',
      },
    ],
  },
  {
    attack: 'P19',
    without: 'response keys that can be sealed to',
    tests: 'p19-small-order-keys.test.ts',
    only: 'from answering',
    take: [
      {
        file: 'protocol/channel-operations.ts',
        text: "if (data.kind === 'respkey') checkXwingPublic(data.publicKey)",
        instead: 'void checkXwingPublic',
      },
    ],
  },
]

export const CONTROLS: Control[] = [...P19]
