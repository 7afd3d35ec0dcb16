// An audience of ten thousand: what a message, a removal and the alert after it cost.
import { enqueueAlert } from '../../client/alerts.ts'
import { addPeople, createChannel, removePeople } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { drain } from '../../client/outbox.ts'
import { ROUTES } from '../../protocol/api.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { LogId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE } from '../../protocol/kinds.ts'
import { EPOCH_WRAP_BYTES, SEGMENT_PERSONS } from '../../protocol/limits.ts'
import type { Crowd } from '../bench/stage.ts'
import type { CountingNetwork } from './counting-network.ts'
import { mib, seconds, tell } from './tell.ts'

/** Goal of DESIGN.md: an alert to 10,000 devices is one upload of about 2 KB. */
const ALERT_BYTES = 2560
/** The wraps of one segment, and what stands around them. */
const SEGMENT_KEYS = SEGMENT_PERSONS * EPOCH_WRAP_BYTES * 1.1
const UP = [ROUTES.entries.path, ROUTES.wraps.path]

export async function segments(crowd: Crowd, network: CountingNetwork): Promise<boolean> {
  const { core, devices } = crowd
  const began = performance.now()
  const log = await createChannel(core, 'All staff', CHANNEL_TYPE.audience, [])
  await addPeople(
    core,
    log,
    devices.map(({ person }) => person),
  )
  const opened = network.take(...UP)
  const took = seconds(began)
  const channel = core.replica.channels.get(log)
  if (channel === undefined) throw new TypeError('no channel')
  const count = channel.segments.length
  const wanted = Math.ceil((devices.length + 1) / SEGMENT_PERSONS)
  const title = `An audience of ${devices.length + 1} devices stands in segments`
  const facts = { segments: count, 'MiB of keys': mib(opened.bytes), seconds: took }
  const met = tell('S1', title, count === wanted, facts)
  const removed = await removal(crowd, network, log, opened.bytes)
  return (await alert(core, network, channel)) && removed && met
}

async function removal(
  { core, devices }: Crowd,
  network: CountingNetwork,
  log: LogId,
  all: number,
): Promise<boolean> {
  const then = performance.now()
  await removePeople(
    core,
    log,
    devices.slice(0, 1).map(({ person }) => person),
  )
  const { bytes } = network.take(...UP)
  const kib = (size: number): number => Math.ceil(size / 1024)
  const facts = { 'KiB up': kib(bytes), 'KiB for all': kib(all), seconds: seconds(then) }
  return tell('S2', 'A removal makes new keys for one segment', bytes < SEGMENT_KEYS, facts)
}

async function alert(core: Core, network: CountingNetwork, audience: Channel): Promise<boolean> {
  await enqueueAlert(core, audience, 'Fire in plant 2. Leave by the north gate.')
  await drain(core)
  const { requests, bytes } = network.take(...UP)
  const met = requests === 1 && bytes <= ALERT_BYTES
  return tell('S3', 'The alert after it is one small upload', met, { requests, bytes })
}
