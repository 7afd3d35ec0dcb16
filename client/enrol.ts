// From a card to a device. The keys are stored before anything is sent, and what was sent is sent again
// byte for byte until the box confirms it, so that a cut in the middle costs nothing.
import { bareItem, enrolment, type Item } from '../protocol/api.ts'
import { equal, isZero } from '../protocol/bytes.ts'
import {
  type CardBlob,
  cardKeys,
  type CardKeys,
  CARD_SECRET_BYTES,
  openBlob,
  organisationOf,
} from '../protocol/card-secret.ts'
import { fromPaper, toPaper } from '../protocol/card-text.ts'
import { emptyHead } from '../protocol/chain.ts'
import { decode, encode } from '../protocol/codec.ts'
import { possessionBytes } from '../protocol/directory-rights.ts'
import { type Context, signEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import {
  asId,
  type DeviceId,
  type LogId,
  type OrgId,
  type PersonId,
  type SignerId,
} from '../protocol/ids.ts'
import { KIND, ROLE } from '../protocol/kinds.ts'
import { hashId, sign } from '../protocol/labels.ts'
import { MAX_REQUEST, PREKEY_LIFE } from '../protocol/limits.ts'
import { signPrekey } from '../protocol/prekey.ts'
import { EMPTY_PROFILE, sealProfile } from '../protocol/profile.ts'
import { randomBytes, type SignPair, signPairFromSeed, xwingPublic } from '../protocol/sodium.ts'
import { beginWithCheckpoint, makerWrite } from './checkpoint.ts'
import { type Clock, Core, readIdentity, type Surroundings, systemClock } from './core.ts'
import { BoxLine, systemNetwork } from './network.ts'
import { pull } from './pull.ts'
import { isSilence, refusalOf } from './refusal.ts'
import { META } from './replica.ts'
import { type Identity, identityRow, joiningRow, prekeyRow, readRow, writeRow } from './rows.ts'
import { drop, put, type Store } from './store.ts'
import { pkidKey } from './prekeys.ts'
import { upkeep } from './upkeep.ts'

export type Joined = { core: Core; rootPaper: string | null }

/** Enrols this store as a device of the card's person. Throws what a person can act on. */
export async function join(surroundings: Surroundings, card: string, box: string): Promise<Joined> {
  const { store } = surroundings
  const keys = cardKeys(fromPaper(card, CARD_SECRET_BYTES))
  return store.exclusive(async () => {
    const present = await readIdentity(store)
    ensure(present === null || present.state === 0, 'already_exists', 'this folder holds a device')
    const line = new BoxLine(box, surroundings.network ?? systemNetwork, (ms) =>
      (surroundings.clock ?? systemClock).wait(ms),
    )
    if (!(await isJoiningWith(store, keys))) await prepare(surroundings, line, keys, box)
    const rootPaper = await send(store, line, keys)
    const core = await confirm(surroundings)
    return { core, rootPaper }
  })
}

/** Throws what is wrong with a card before anything is stored for it. A join that was cut goes on with its own. */
export async function checkCard(
  { store, network, clock }: Surroundings,
  card: string,
  box: string,
): Promise<void> {
  const keys = cardKeys(fromPaper(card, CARD_SECRET_BYTES))
  if (await isJoiningWith(store, keys)) return
  const line = new BoxLine(box, network ?? systemNetwork, (ms) => (clock ?? systemClock).wait(ms))
  openBlob((await line.ask('card', { lookup: keys.lookup })).card, keys)
}

async function isJoiningWith(store: Store, keys: CardKeys): Promise<boolean> {
  const row = await store.get('meta', META.joining)
  return row !== null && equal(readRow(joiningRow, row).lookup, keys.lookup)
}

type Secrets = {
  pair: SignPair
  signSeed: Uint8Array
  prekeySeed: Uint8Array
  rootSeed: Uint8Array
  founding: boolean
}

async function prepare(
  surroundings: Surroundings,
  line: BoxLine,
  keys: CardKeys,
  box: string,
): Promise<void> {
  const clock = surroundings.clock ?? systemClock
  const { org, card } = await line.ask('card', { lookup: keys.lookup })
  const blob = openBlob(card, keys)
  const founding = isZero(blob.rootPk)
  ensure(
    !founding || equal(organisationOf(keys.pair.publicKey), org),
    'wrong_organisation',
    'founding card',
  )
  const secrets = newSecrets(founding)
  const identity = identityOf(org, blob, secrets, box)
  const items = founding
    ? foundingItems(identity, blob, keys, secrets, clock)
    : [deviceItem(identity, keys, secrets.pair, clock)]
  const prekey = firstPrekey(identity, secrets, clock)
  const request = encode(enrolment, { org, lookup: keys.lookup, items, prekey })
  const rootSeed = founding ? secrets.rootSeed : new Uint8Array(0)
  await surroundings.store.commit([
    put('meta', META.identity, writeRow(identityRow, identity)),
    put('meta', META.joining, writeRow(joiningRow, { lookup: keys.lookup, request, rootSeed })),
    ...makerWrite(blob.makerPk),
    put(
      'prekeys',
      pkidKey(1),
      writeRow(prekeyRow, { seed: secrets.prekeySeed, madeAt: clock.now(), replacedAt: 0 }),
    ),
  ])
}

function newSecrets(founding: boolean): Secrets {
  const signSeed = randomBytes(32)
  const pair = signPairFromSeed(signSeed)
  return { pair, signSeed, prekeySeed: randomBytes(32), rootSeed: randomBytes(32), founding }
}

function identityOf(org: OrgId, blob: CardBlob, secrets: Secrets, box: string): Identity {
  const { founding } = secrets
  return {
    state: 0,
    org,
    device: hashId<DeviceId>('dev', secrets.pair.publicKey),
    person: founding ? asId<PersonId>(randomBytes(16)) : blob.person,
    signSeed: secrets.signSeed,
    rootPk: founding ? signPairFromSeed(secrets.rootSeed).publicKey : blob.rootPk,
    boxPk: blob.boxPk,
    dkVer: founding ? 1 : blob.dkVer,
    dk: founding ? randomBytes(32) : blob.dk,
    dirN: blob.dirN,
    dirH: blob.dirH,
    orgName: blob.org,
    box,
  }
}

function contextOf(identity: Identity, signer: SignerId, clock: Clock): Context {
  return {
    org: identity.org,
    log: asId<LogId>(identity.org),
    signer,
    refN: identity.dirN,
    refH: identity.dirH,
    t: clock.now(),
  }
}

function deviceItem(identity: Identity, keys: CardKeys, pair: SignPair, clock: Clock): Item {
  const { org, person } = identity
  const proof = possessionBytes({ org, signer: keys.id }, person, pair.publicKey)
  const fields = {
    person,
    issuer: 0,
    signPk: pair.publicKey,
    pop: sign('pop', proof, pair.secretKey),
  } as const
  return bareItem(
    signEntry(KIND.device, contextOf(identity, keys.id, clock), fields, keys.pair.secretKey),
  )
}

/** The first owner's device makes the root key; the box never holds it. */
function foundingItems(
  identity: Identity,
  blob: CardBlob,
  keys: CardKeys,
  secrets: Secrets,
  clock: Clock,
): Item[] {
  const { org, person, device, dk, dkVer } = identity
  const root = signPairFromSeed(secrets.rootSeed)
  const pop = sign(
    'pop',
    possessionBytes({ org, signer: keys.id }, person, root.publicKey),
    root.secretKey,
  )
  const found = { cardPk: keys.pair.publicKey, person, rootPk: root.publicKey, pop }
  const sealed = sealProfile(dk, person, { ...EMPTY_PROFILE, name: blob.name })
  const own = contextOf(identity, device, clock)
  const { secretKey } = secrets.pair
  return [
    bareItem(
      signEntry(KIND.found, contextOf(identity, keys.id, clock), found, keys.pair.secretKey),
    ),
    deviceItem(identity, keys, secrets.pair, clock),
    bareItem(
      signEntry(KIND.person, own, { person, role: ROLE.owner, state: 1, dkVer, sealed }, secretKey),
    ),
    bareItem(signEntry(KIND.box, own, { boxPk: identity.boxPk }, secretKey)),
  ]
}

function firstPrekey(identity: Identity, secrets: Secrets, clock: Clock): Uint8Array {
  const notBefore = clock.now()
  const { org, device } = identity
  const value = {
    org,
    device,
    pkid: 1,
    notBefore,
    notAfter: notBefore + PREKEY_LIFE,
    publicKey: xwingPublic(secrets.prekeySeed),
  }
  return signPrekey(value, secrets.pair.secretKey)
}

/** The root key as it goes to paper, for the first owner; else null. */
async function send(store: Store, line: BoxLine, keys: CardKeys): Promise<string | null> {
  const row = await store.get('meta', META.joining)
  ensure(row !== null, 'data_missing', 'enrolment')
  const { request, rootSeed } = readRow(joiningRow, row)
  const { places } = await line
    .ask('enrol', decode(enrolment, request, MAX_REQUEST))
    .catch((error: unknown) => forget(store, error))
  ensure(places.length > 0 && keys.lookup.length > 0, 'wrong_box')
  return rootSeed.length === 0 ? null : toPaper(rootSeed)
}

/** A definite refusal ends this attempt, so that another card can be tried; silence does not. */
async function forget(store: Store, error: unknown): Promise<never> {
  if (!isSilence(error))
    await store.commit([
      drop('meta', META.identity),
      drop('meta', META.joining),
      drop('prekeys', pkidKey(1)),
    ])
  throw error
}

/** Reads the directory that the box shows and holds it against what the card vouched for. */
async function confirm(surroundings: Surroundings): Promise<Core> {
  const core = await Core.open(surroundings)
  ensure(core !== null, 'data_missing')
  await beginWithCheckpoint(core)
  await pull(core)
  const { replica } = core
  const { identity, directory } = replica
  const vouched = identity.dirN === 0 ? emptyHead(directory.log).h : directory.hashAt(identity.dirN)
  ensure(
    vouched !== undefined && equal(vouched, identity.dirH),
    'forked',
    'the directory is not the one the card knows',
  )
  ensure(
    directory.rootPk !== null && equal(directory.rootPk, identity.rootPk),
    'forked',
    'root key',
  )
  ensure(replica.device !== undefined, 'withheld', 'this device is missing in the directory')
  await core.commit([
    put('meta', META.identity, writeRow(identityRow, { ...identity, state: 1 })),
    drop('meta', META.joining),
  ])
  await core.reload()
  await upkeep(core).catch((error: unknown) => {
    // Enrolled it is; what upkeep could not do yet, the next sync does.
    refusalOf(error)
  })
  return core
}
