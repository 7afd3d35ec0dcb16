// Branches that no test in one process takes, each with its reason. Only what somebody has looked at stands here:
// a line without a reason is shown as one that nobody has accounted for.

/** `text`: the line, without the space around it. */
export type Left = { file: string; text: string; reason: string }

export const LEFT: readonly Left[] = [
  {
    file: 'client/checked-rows.ts',
    text: 'if (!(cause instanceof ProtocolError)) throw cause',
    reason: 'a mistake in a codec, which no bytes bring about: the fuzzers look for one',
  },
  {
    file: 'client/checkpoint.ts',
    text: 'if ((directory.roleNow(identity.person) ?? 0) < ROLE.admin) return',
    reason:
      'for the type: upkeep goes on only while this device is valid, and its person has a role as long as it is',
  },
  {
    file: 'client/checkpoint.ts',
    text: "ensure((role ?? 0) >= ROLE.admin, 'checkpoint_false', 'signer')",
    reason: 'for the type: a person with a valid device has a role',
  },
  {
    file: 'client/intake-keys.ts',
    text: 'const ak0 = key === undefined ? null : intake.replica.epochKey(key.epoch, 0)',
    reason: 'for the type: called right after a response key was applied',
  },
  {
    file: 'client/intake.ts',
    text: 'if (answers === undefined) return this.#missing()',
    reason: 'for the type: the place was found, and it is neither the directory nor a channel',
  },
  {
    file: 'client/intake.ts',
    text: 'const held = this.replica.headOf(head.log)?.n ?? 0',
    reason: 'for the type: a log whose hash is held has a head',
  },
  {
    file: 'client/intake.ts',
    text: "if (head === undefined) throw new TypeError('kept an entry of an unknown log')",
    reason: 'for the type: entries are kept in logs that were found or opened',
  },
  {
    file: 'client/replica.ts',
    text: "return 'mid' in entry.fields ? midSlot(log, entry.prefix.signer, entry.fields.mid) : ''",
    reason: 'for the type: messages of every kind have an id',
  },
  {
    file: 'client/live.ts',
    text: 'this.#quiet = this.#over ? null : setTimeout(() => this.hangUp(), SILENCE)',
    reason:
      '60 s of silence: F14 (half-open lines) and F26 wait for that, with the time shortened; and no word comes after the end but from a line that had been given up',
  },
  {
    file: 'client/live.ts',
    text: 'if (this.#over) return',
    reason:
      'a frame that is still being taken in when the line ends: F13 (flapping lines) and F26 do that in processes of their own',
  },
  {
    file: 'client/live.ts',
    text: 'if (rank === null || this.#over) return',
    reason: 'the same, one step later',
  },
  {
    file: 'client/network.ts',
    text: '}',
    reason: 'behind a loop that only returns or throws',
  },
  {
    file: 'client/node/sqlite-store.ts',
    text: "return new ProtocolError('device_full', folder, { cause: error })",
    reason: 'a full disk: F22 fills a real one',
  },
  {
    file: 'client/notices.ts',
    text: 'const known = replica.directory.persons.get(device.person)?.devices ?? []',
    reason: 'for the type: a device belongs to a person of the directory',
  },
  {
    file: 'client/notices.ts',
    text: "return replica.directory.devices.get(hashId<DeviceId>('dev', entry.fields.signPk)) ?? null",
    reason:
      'for the type: the entry was accepted, so that the device is there; devices end and never go',
  },
  {
    file: 'client/notices.ts',
    text: 'return replica.directory.devices.get(entry.fields.device) ?? null',
    reason: 'for the type: the same for an approval',
  },
  {
    file: 'client/notices.ts',
    text: 'if (stored === null) return null',
    reason: 'for the type: a notice is written in one commit with its entry, and entries never go',
  },
  {
    file: 'client/notices.ts',
    text: 'if (device === null) return null',
    reason: 'for the type: a notice is written only where a device was found',
  },
  {
    file: 'client/outbox.ts',
    text: 'if (stored === null) return',
    reason: 'for the type: rows go only under the lock that is held here',
  },
  {
    file: 'client/outbox.ts',
    text: '}',
    reason: 'behind a loop that only returns or throws',
  },
  {
    file: 'client/outbox.ts',
    text: 'return stored === null ? 0 : decodeEntry(readRow(entryRow, stored).bytes).prefix.refN',
    reason: 'for the type: an alert is known from its entry, and entries never go',
  },
  {
    file: 'client/own-entries.ts',
    text: 'const boxPk = directory.boxPk ?? identity.boxPk',
    reason:
      'for the type: the first enrolment names the key of the box, and nobody sends before that',
  },
  {
    file: 'client/people.ts',
    text: 'boxPk: directory.boxPk ?? identity.boxPk,',
    reason:
      'for the type: the first enrolment names the key of the box, and nobody invites before that',
  },
  {
    file: 'client/pull.ts',
    text: "if (stored === null) return [drop('locked', at)]",
    reason: 'for the type: the mark is written in one commit with its entry, and entries never go',
  },
  {
    file: 'client/replica.ts',
    text: 'channel.resumeAt({ n: kept.length, h: kept.at(-1)?.row.h ?? channel.head.h })',
    reason: 'for the type: a log that is loaded has an entry',
  },
  {
    file: 'client/replica.ts',
    text: 'if (log === null) return',
    reason: 'for the type: answers are kept only under an alert that is held, and entries never go',
  },
  {
    file: 'client/response-keys.ts',
    text: 'const ak0 = epoch === null ? null : core.replica.epochKey(epoch.id, 0)',
    reason: 'for the type: a response channel is opened in one upload with its first epoch',
  },
  {
    file: 'client/roster-file.ts',
    text: "return byCount[0] ?? ','",
    reason: 'for the type: three delimiters are counted',
  },
  {
    file: 'client/roster-file.ts',
    text: "if (hasOddQuotes(lines[at] ?? '')) open = !open",
    reason: 'for the type: at is below the number of lines',
  },
  {
    file: 'client/roster.ts',
    text: "const delimiter = detectDelimiter(lines[start] ?? '')",
    reason: 'for the type: the header line was found at start',
  },
  {
    file: 'client/submit.ts',
    text: '}',
    reason: 'behind a loop that only returns or throws',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: "journal.assign(channel, 'creator', channel.directory.devices.get(signer)?.person ?? null)",
    reason: 'for the type: check has found the signer',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: 'default:',
    reason: 'for the type: operations of the other kinds name nobody, which check has seen',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: 'const segment = member === undefined ? undefined : channel.segments[member.seg]',
    reason: 'for the type: check has found the member',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: 'if (member === undefined || segment === undefined) return',
    reason: 'for the type: check has found the member, and members have a segment',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: 'const spans = channel.spans.get(person) ?? []',
    reason: 'for the type: whoever is a member has a span',
  },
  {
    file: 'protocol/channel-apply.ts',
    text: 'if (member === undefined) return',
    reason: 'for the type: check has found the member',
  },
  {
    file: 'protocol/directory-apply.ts',
    text: 'if (by === undefined || (state.roleNow(by.person) ?? 0) < ROLE.admin) return',
    reason:
      'for the type: the signer was valid, and its person has a role as long as it is, except in the entry that ends it',
  },
  {
    file: 'protocol/directory-rights.ts',
    text: 'state.persons.get(person)?.devices.filter((id) => state.devices.get(id)?.until === null) ?? []',
    reason: 'for the type: a card is made for a person of the directory',
  },
  {
    file: 'protocol/directory.ts',
    text: 'return kept && (replay.roleNow(device.person) ?? 0) >= ROLE.admin',
    reason: 'for the type: a person with a valid device has a role',
  },
  {
    file: 'protocol/kinds.ts',
    text: "return (Object.keys(KIND) as (keyof typeof KIND)[]).find((name) => KIND[name] === kind) ?? 'text'",
    reason: 'for the type: every kind that the codec lets through has a name',
  },
  {
    file: 'protocol/kinds.ts',
    text: "return (Object.keys(ROLE) as RoleName[]).find((name) => ROLE[name] === role) ?? 'guest'",
    reason: 'for the type: every role that the codec lets through has a name',
  },
  {
    file: 'protocol/kinds.ts',
    text: '(Object.keys(CHANNEL_TYPE) as ChannelTypeName[]).find((name) => CHANNEL_TYPE[name] === type) ??',
    reason: 'for the type: every type that the codec lets through has a name',
  },
  {
    file: 'server/store/blobs.ts',
    text: "const code = error instanceof Error && 'code' in error ? error.code : ''",
    reason: 'for the type: what the file system refuses has a code',
  },
  {
    file: 'server/store/database.ts',
    text: 'throw new TypeError(`${name} is ${String(actual)}`)',
    reason:
      'a SQLite that is built without what is asked of it; the one that is installed takes every setting',
  },
  {
    file: 'server/store/database.ts',
    text: '} catch (error) {',
    reason: 'a box that starts on a full disk: F4 does that',
  },
  {
    file: 'server/store/database.ts',
    text: "if (isWriteRefused(error)) return new ProtocolError('read_only', '', { cause: error })",
    reason: 'a disk that takes no writes: F5 does that',
  },
  {
    file: 'server/store/read-only.ts',
    text: 'return this.#known && this.look()',
    reason: 'a disk that takes no writes: F5 does that',
  },
  {
    file: 'client/network.ts',
    text: 'readonly retryAfter: number',
    reason:
      'fields of a class: V8 counts their initialisers as untaken in some runs and as taken in others, whatever the tests do',
  },
  {
    file: 'client/node/sqlite-store.ts',
    text: 'readonly #db: Database.Database',
    reason:
      'fields of a class: V8 counts their initialisers as untaken in some runs and as taken in others, whatever the tests do',
  },
  {
    file: 'client/node/sqlite-store.ts',
    text: 'if (version >= SCHEMA_VERSION) return',
    reason: 'two processes that open a file of an older version at the same moment',
  },
  {
    file: 'protocol/answer-log.ts',
    text: 'readonly id: LogId',
    reason:
      'fields of a class: V8 counts their initialisers as untaken in some runs and as taken in others, whatever the tests do',
  },
  {
    file: 'protocol/sodium.ts',
    text: 'readonly #state = sodium.crypto_generichash_init(null, 32)',
    reason:
      'fields of a class: V8 counts their initialisers as untaken in some runs and as taken in others, whatever the tests do',
  },
]

export function reasonFor(file: string, text: string): string | undefined {
  return LEFT.find((one) => one.file === file && one.text === text)?.reason
}
