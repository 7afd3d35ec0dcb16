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

type Layer = [file: string, text: string, instead?: string]

const control = (
  attack: string,
  tests: string,
  only: string,
  without: string,
  ...layers: Layer[]
): Control => ({
  attack,
  without,
  tests: `${tests}.test.ts`,
  only,
  take: layers.map(([file, text, instead = 'void 0']) => ({ file, text, instead })),
})

const RIGHTS = 'protocol/directory-rights.ts'
const CHANNEL = 'protocol/channel.ts'
const SODIUM = 'protocol/sodium.ts'
const LABELS = 'protocol/labels.ts'
const AUTH = 'server/auth.ts'
const INTAKE = 'client/intake.ts'
const MESSAGES = 'protocol/channel-messages.ts'
const PULL = 'client/pull.ts'
const HISTORY = 'client/history.ts'
const RECIPIENTS = 'client/recipient-keys.ts'
const FILE = 'protocol/file.ts'

export const CONTROLS: Control[] = [
  control(
    'P1',
    'p01-injected-member',
    'writes into the directory',
    'the signature of directory entries',
    [RIGHTS, "if (trust === 'verify') verifyEntry(entry, signer.key)", 'void verifyEntry'],
  ),
  control('P1', 'p01-injected-member', 'writes into the directory', 'rights in the directory', [
    RIGHTS,
    "ensure(signer.root ? rule.root : signer.role >= rule.least, 'not_allowed', act)",
  ]),
  control(
    'P1',
    'p01-injected-member',
    'writes into a channel',
    'the signature of operations and epochs',
    [CHANNEL, 'verifyEntry(entry, device.signPk)', 'void verifyEntry'],
  ),
  control('P1', 'p01-injected-member', 'writes into a channel', 'rights in the channel', [
    CHANNEL,
    'return mayInChannel(this.type, act, stands, role)',
    'return mayInChannel.length > 0',
  ]),
  control('P1', 'p01-injected-member', 'in false places', 'seeing what one overwrites', [
    RIGHTS,
    "ensure(hasSeen(state, entry), 'memb_moved', 'overwrites what its signer had not seen')",
    'void hasSeen',
  ]),
  control('P1', 'p01-injected-member', 'hands out', 'the signature of prekeys', [
    RECIPIENTS,
    'verifyPrekey(prekey, device.signPk)',
    'void verifyPrekey',
  ]),
  control('P2', 'p02-confused-ids', 'just joining', 'proof that a new device holds its key', [
    RIGHTS,
    "ensure(verify('pop', pop, proof, signPk), 'bad_signature', 'device key')",
  ]),
  control('P2', 'p02-confused-ids', 'card of one person', 'the person of a card', [
    RIGHTS,
    "ensure(equal(card.person, person), 'bad_signature', 'person of the card')",
  ]),
  control('P2', 'p02-confused-ids', 'its text is no id', 'a purpose in each id', [
    LABELS,
    'return asId<T>(hash(label, ...parts).slice(0, ID_BYTES))',
    "return asId<T>(hash('dev', ...parts).slice(0, ID_BYTES))",
  ]),
  control('P3', 'p03-crossed-labels', 'signed for one purpose', 'the label under a signature', [
    LABELS,
    'return concat(utf8(PREFIX + label), Uint8Array.of(0), bytes)',
    'return concat(utf8(PREFIX), Uint8Array.of(0), bytes)',
  ]),
  control('P3', 'p03-crossed-labels', 'derived for one purpose', 'the label in hashes and keys', [
    LABELS,
    'const name = utf8(PREFIX + label)',
    'const name = utf8(PREFIX)',
  ]),
  control(
    'P4',
    'p04-forged-history',
    'has handed over',
    'history from members of the channel only',
    [PULL, 'members === undefined || members.has(from)', 'true || members?.has(from)'],
  ),
  control('P4', 'p04-forged-history', 'has handed over', 'the signature of a bundle', [
    'protocol/history-keys.ts',
    "verify('hist', bytes.subarray(unsigned.length), unsigned, signPk)",
    '(void verify, true)',
  ]),
  control(
    'P4',
    'p04-forged-history',
    'False keys',
    'commitments for keys in a bundle (2 layers)',
    [PULL, "ensure(later.length > 0, 'epoch_commit', 'history')"],
    [
      PULL,
      "ensure(equal(keyCommitment(here, known.core, g), commit), 'epoch_commit', 'history')",
      'void [here, keyCommitment, commit]',
    ],
  ),
  control('P4', 'p04-forged-history', 'change what was said', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control(
    'P5',
    'p05-order-of-messages',
    'No message',
    'a sequence and message ids that rise (2 layers)',
    [MESSAGES, "ensure(entry.fields.seq > (channel.seqs.get(device.id) ?? 0), 'seq_low')"],
    [
      INTAKE,
      'if (twice || this.#isAlertElsewhere(channel, entry))',
      'if (this.#isAlertElsewhere(channel, entry) && twice)',
    ],
  ),
  control('P5', 'p05-order-of-messages', 'No message', 'a word when something is missing', [
    PULL,
    'if (intake.gap) await noteWithheld(core)',
    'void noteWithheld',
  ]),
  control('P5', 'p05-order-of-messages', 'No message', 'the history that a sender has seen', [
    CHANNEL,
    'this.#checkRef(prefix.refN, prefix.refH)',
    'void this.#checkRef',
  ]),
  control(
    'P6',
    'p06-split-group',
    'first message that crosses',
    'the history that a sender has seen',
    [CHANNEL, 'this.#checkRef(prefix.refN, prefix.refH)', 'void this.#checkRef'],
  ),
  control('P6', 'p06-split-group', 'A signed head', 'a look at signed heads', [
    INTAKE,
    'if (equal(here, head.h)) return keepHead',
    'if (here.length > 0) return keepHead',
  ]),
  control('P6', 'p06-split-group', 'What proves', 'the bytes that contradict', [
    'client/evidence.ts',
    "to.writes.push(put('contrary', placeKey(log, place), writeRow(contraryRow, contrary)))",
    'void [to, log, place, contrary]',
  ]),
  control('P7', 'p07-stolen-signatures', 'for one box', 'the name of the box in a signature', [
    'protocol/request.ts',
    'host,\n    target,',
    "host: 'any',\n    target,",
  ]),
  control('P7', 'p07-stolen-signatures', 'for one box', 'the names that a box answers to', [
    AUTH,
    'context.hosts.has(request.host)',
    'request.host.length > 0',
  ]),
  control('P7', 'p07-stolen-signatures', 'copied request', 'each signature once', [
    AUTH,
    'context.windows.use(claim.window, claim.nonce)',
  ]),
  control('P7', 'p07-stolen-signatures', 'for one request', 'the request in its signature', [
    'protocol/request.ts',
    "ensure(verify('req', sig, signedBytes(who, request), signPk), 'bad_signature', 'request')",
    'void [verify, sig, signPk]',
  ]),
  control('P9', 'p09-drained-prekeys', 'hundred thousand', 'prekeys that serve more than once', [
    'server/routes/mailbox.ts',
    'return { prekeys: input.devices.flatMap((device) => mailbox.prekey(device) ?? []) }',
    'const pool = ((globalThis as never as { pool?: Map<string, number> }).pool ??= new Map())\n  const take = (id: string): boolean => (pool.set(id, (pool.get(id) ?? 0) + 1).get(id) ?? 0) <= 500\n  return { prekeys: input.devices.flatMap((one) => (take(one.join()) ? (mailbox.prekey(one) ?? []) : [])) }',
  ]),
  control('P10', 'p10-silent-probes', 'wakes nobody', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control(
    'P10',
    'p10-silent-probes',
    'learns no more',
    'what could not be verified, in a receipt',
    ['client/receipts.ts', '?.ranges ?? [])', '?.ranges.slice(0, 0) ?? [])'],
  ),
  control(
    'P11',
    'p11-damaged-keys',
    'on its way',
    'seal and commitment of a key (2 layers)',
    [
      SODIUM,
      "throw new ProtocolError('cannot_open', '', { cause })",
      'void cause\n    return ciphertext.slice(0, -AEAD_TAG_BYTES)',
    ],
    [
      'protocol/epoch-keys.ts',
      "ensure(equal(keyCommitment(ak, core, gen), commit), 'epoch_commit')",
    ],
  ),
  control('P11', 'p11-damaged-keys', 'A changed bundle', 'the signature of a bundle', [
    'protocol/history-keys.ts',
    "verify('hist', bytes.subarray(unsigned.length), unsigned, signPk)",
    '(void verify, true)',
  ]),
  control('P11', 'p11-damaged-keys', 'whose store', 'the check of a row', [
    'client/checked-rows.ts',
    'return end >= 0 && equal(checkOf(bytes), stored.subarray(end)) ? bytes : null',
    'void equal; return bytes',
  ]),
  control('P8', 'p08-sizes-that-tell', 'told apart by their size', 'padding', [
    'protocol/padding.ts',
    'const SMALL_STEP = 256',
    'const SMALL_STEP = 1',
  ]),
  control('P8', 'p08-sizes-that-tell', 'compresses nothing', 'a live line that never compresses', [
    'server/live-door.ts',
    'perMessageDeflate: false',
    'perMessageDeflate: true',
  ]),
  control('P12', 'p12-unrooted-keys', 'History goes', 'history for the same person only', [
    HISTORY,
    'device !== undefined && equal(device.person, identity.person)',
    'device !== undefined',
  ]),
  control('P12', 'p12-unrooted-keys', 'History goes', 'the signature of the prekey', [
    RECIPIENTS,
    'checkPrekey(core, prekey, of)',
  ]),
  control('P13', 'p13-spliced-files', 'No piece', 'the place of a chunk', [
    FILE,
    'aad: concat(fileId(file), u64be(index), last, u64be(total))',
    'aad: concat(fileId(file), u64be(total + 0 * last.length))',
  ]),
  control('P14', 'p14-typed-wrongly', 'never taken for a key', 'the type of each argument', [
    SODIUM,
    'if (!(value instanceof Uint8Array)) throw new TypeError(`${name}: bytes expected`)',
  ]),
  control('P14', 'p14-typed-wrongly', 'as random', 'all 256 values of a byte', [
    SODIUM,
    'return crypto.getRandomValues(new Uint8Array(n))',
    'return crypto.getRandomValues(new Uint8Array(n)).map((byte) => 48 + (byte % 10))',
  ]),
  control('P15', 'p15-parsed-too-early', 'before its signature', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control('P15', 'p15-parsed-too-early', 'before its seal', 'the seal of a body', [
    'protocol/message-keys.ts',
    'return unpad(aeadOpen(bodyKey(km, head0), head0, messageBody(entry)), messageBucket)',
    'void [unpad, messageBucket]\n  return Uint8Array.of(1, bodyKey(km, head0).length)',
  ]),
  control(
    'P16',
    'p16-heap-dump',
    'A dump of the memory',
    'the seal of a body',
    [
      'protocol/message-keys.ts',
      'const body = aeadSeal(bodyKey(km, head0), head0, pad(draft.plain, messageBucket))',
      'const body = concat(pad(draft.plain, messageBucket), bodyKey(km, head0).slice(0, 16))',
    ],
    [
      'protocol/message-keys.ts',
      'return unpad(aeadOpen(bodyKey(km, head0), head0, messageBody(entry)), messageBucket)',
      'return unpad(messageBody(entry).subarray(0, -16), messageBucket)',
    ],
  ),
  control('P16', 'p16-heap-dump', 'Nobody finds a way', 'routes for devices only', [
    'server/app.ts',
    "open(app, context, 'card', showCard)",
    "app.get('/actuator/heapdump', (http) => http.text('heap'))\n  open(app, context, 'card', showCard)",
  ]),
  control('P17', 'p17-forwarded', 'said to one person', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control('P17', 'p17-forwarded', 'shown as an alert', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control('P17', 'p17-forwarded', 'An answer to one alert', 'the signature of answers', [
    'protocol/answer.ts',
    'verifyEntry(entry, signPk)',
    'void [verifyEntry, signPk]',
  ]),
  control('P18', 'p18-downgrade', 'A message of another', 'the suite', [
    'protocol/entry.ts',
    "export const suite = oneOf(1, [SUITE], 'unknown_suite')",
    'export const suite = oneOf(1, [1, SUITE] as const) as unknown as ReturnType<typeof oneOf<2>>',
  ]),
  control('P18', 'p18-downgrade', 'An operation of another', 'the version', [
    'protocol/entry.ts',
    "export const version = oneOf(1, [VERSION], 'unknown_version')",
    'export const version = oneOf(1, [0, VERSION] as const) as unknown as ReturnType<typeof oneOf<1>>',
  ]),
  control('P18', 'p18-downgrade', 'under the old ones', 'the newest epoch for what is sent', [
    'client/outbox.ts',
    'const epoch = channel.currentEpoch(seg)',
    'const epoch = [...channel.epochs.values()].findLast((one) => core.replica.epochKey(one.id, one.gen) !== null) ?? null',
  ]),
  control('P18', 'p18-downgrade', 'An older key of a device', 'the highest number of a prekey', [
    RECIPIENTS,
    "ensure(prekey.pkid >= (seenPrekeys.get(device.id) ?? 0), 'no_prekey', 'older than one before')",
    'void seenPrekeys',
  ]),
  control(
    'P19',
    'p19-small-order-keys',
    'becomes a device',
    'proof that a new device holds its key',
    [RIGHTS, "ensure(verify('pop', pop, proof, signPk), 'bad_signature', 'device key')"],
  ),
  control('P19', 'p19-small-order-keys', 'getting new keys', 'prekeys that can be sealed to', [
    'protocol/prekey.ts',
    'checkXwingPublic(value.publicKey)',
    'void checkXwingPublic',
  ]),
  control(
    'P19',
    'p19-small-order-keys',
    'A bad (seal|bundle|answer)',
    'a refusal for small points',
    [SODIUM, "throw new ProtocolError(code, 'X-Wing', { cause })", 'throw cause'],
  ),
  control('P19', 'p19-small-order-keys', 'from answering', 'response keys that can be sealed to', [
    'protocol/channel-operations.ts',
    "if (data.kind === 'respkey') checkXwingPublic(data.publicKey)",
    'void checkXwingPublic',
  ]),
  control('P20', 'p20-kem-conformance', 'exactly as', 'the published key agreement', [
    SODIUM,
    'return sodium.crypto_kem_xwing_seed_keypair(seed).publicKey',
    'return sodium.crypto_kem_xwing_seed_keypair(blake2b(32, seed)).publicKey',
  ]),
  control('M1', 'm-words', 'in the name of', 'the signature of messages', [
    MESSAGES,
    'verifyEntry(entry, device.signPk)',
    'void verifyEntry',
  ]),
  control('M2', 'm-words', 'has one text', 'one entry for each message id', [
    INTAKE,
    'if (twice || this.#isAlertElsewhere(channel, entry))',
    'if (this.#isAlertElsewhere(channel, entry) && twice)',
  ]),
  control('M2', 'm-segments', 'one thing to one segment', 'the commitment to the message key', [
    'protocol/message-keys.ts',
    "ensure(\n    equal(kdf(km, 'commit', entry.fields.mid), entry.fields.commit),\n    'cannot_open',\n    'commitment',\n  )",
  ]),
  control('M3', 'm-keys', 'before a word is said', 'a look at the records wrap', [
    'client/intake-keys.ts',
    'checkRecordsWrap(ak, epoch.core, key.publicKey, records.wrap)',
    'void checkRecordsWrap',
  ]),
  control('M3', 'm-keys', 'Of a thousand', 'the records wrap made anew', [
    'protocol/epoch-keys.ts',
    "ensure(equal(sealToRecords(ak0, core, recordsPk), sealed), 'records_mismatch')",
  ]),
  control('M4', 'm-keys', 'not announced to all', 'the commitment to an epoch key', [
    'protocol/epoch-keys.ts',
    "ensure(equal(keyCommitment(ak, core, gen), commit), 'epoch_commit')",
  ]),
  control(
    'M5',
    'm-words',
    'Whoever was removed',
    'membership and fresh keys (5 layers)',
    [
      MESSAGES,
      "ensure(member !== undefined, 'not_allowed', 'not in the channel')\n  const epoch = channel.currentEpoch(member.seg)",
      'const epoch = channel.currentEpoch(member?.seg ?? 0)',
    ],
    [MESSAGES, "ensure(channel.isSender(device, epoch), 'not_allowed', 'not in the epoch')"],
    [
      MESSAGES,
      'channel.authorise(actOfMessage(entry.kind), member, channel.dirN)',
      'void actOfMessage',
    ],
    [MESSAGES, "ensure(!channel.isStale(member.seg, channel.dirN), 'epoch_stale')"],
    [MESSAGES, "ensure(!channel.isStale(epoch.seg, channel.dirN), 'epoch_stale')"],
  ),
  control('M6', 'm-words', 'brought a second time', 'bringing only what is signed', [
    'server/routes/entries.ts',
    'own || (rootPk !== null && equal(entry.prefix.signer, rootId(rootPk)))',
    'own || rootPk !== null || rootId.length > 0',
  ]),
  control('M7', 'm-segments', 'makes no keys', 'holding the keys that one hands on', [
    CHANNEL,
    "ensure(this.isSender(device, epoch), 'not_allowed', 'the signer holds no key of this epoch')",
  ]),
  control(
    'M7',
    'm-segments',
    'No segment is left out',
    'each segment once and in order (2 layers)',
    [MESSAGES, "ensure(entry.fields.nseg === channel.segments.length, 'epoch_moved', 'segments')"],
    [MESSAGES, "ensure(wraps.trimmed || epoch.seg === i, 'epoch_moved')", 'void [i, epoch]'],
  ),
  control(
    'M8',
    'm-words',
    'under keys that somebody',
    'fresh keys after a removal (2 layers)',
    [MESSAGES, "ensure(!channel.isStale(member.seg, channel.dirN), 'epoch_stale')"],
    [MESSAGES, "ensure(!channel.isStale(epoch.seg, channel.dirN), 'epoch_stale')"],
  ),
  control('M5', 'm-words', 'A lost device', 'a look at who has been removed', [
    INTAKE,
    'return signer !== undefined && signer.until !== null',
    'return false',
  ]),
  control('M9', 'm-keys', 'told a lie about', 'the commitment of an extension', [
    'client/epochs.ts',
    'return ak === null || equal(keyCommitment(ak, epoch.core, gen), commit)',
    'return ak === null || commit.length > 0',
  ]),
  control(
    'M10',
    'm-keys',
    'a publisher has made up',
    'a look at the key for answers',
    [
      'client/alerts.ts',
      'return ak0 !== null && equal(responsePublic(ak0, audience.id), one.publicKey)',
      'return ak0 !== null && responsePublic.length > 0',
    ],
    [
      'client/response-keys.ts',
      'if (ak0 === null || (last && equal(last.publicKey, responsePublic(ak0, audience.id)))) return',
      'if (ak0 === null || last) return',
    ],
  ),
  control('M10', 'm-keys', 'has not seen it', 'what the author of an alert has seen', [
    'client/outbox.ts',
    'equal(epoch, draft.respEpoch) && n <= seen',
    'equal(epoch, draft.respEpoch) && n <= seen + 1_000',
  ]),
  control('M10', 'm-keys', 'new keys for answers', 'the kind of the channel for answers', [
    'client/response-keys.ts',
    'const channels = audience.respKeys.flatMap((key) => core.replica.channels.get(key.channel) ?? [])',
    'const channels = audience.respKeys.map((key) => core.replica.channels.get(key.channel) ?? { type: 4, isStale: () => false, currentEpoch: () => null } as never)',
  ]),
  control('M11', 'm-receipts', 'No box calls', 'the signature of a receipt', [
    'protocol/receipt.ts',
    "ensure(verify('receipt', sig, encode(unsigned, rest), signPk), 'bad_signature', 'receipt')",
    'void [verify, sig, signPk]',
  ]),
  control('M11', 'm-receipts', 'Gaps that overlap', 'the form of gaps', [
    'protocol/receipt.ts',
    'checkGaps(value.gaps, value.upto)\n  return value',
    'return value',
  ]),
]
