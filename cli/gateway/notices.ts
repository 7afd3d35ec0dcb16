// From the body of a webhook to what should be said: text, channel, and the key it is known again by.
import { createHash } from 'node:crypto'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import type { AlertmanagerRoute, Deed, Destination, JsonRoute, Route } from './routes.ts'
import { fill, textAt } from './template.ts'

export type Notice = {
  /** SHA-256 over what makes this notice the same one when it comes again. */
  key: Uint8Array
  as: Deed
  destination: Destination
  text: string
  answers: string[] | null
}

type Json = Record<string, unknown>

/** What a webhook of this route says. Throws `webhook_malformed`. */
export function noticesOf(route: Route, body: Uint8Array): Notice[] {
  const value = parseBody(body)
  return route.type === 'json' ? [jsonNotice(route, value, body)] : alertNotices(route, value)
}

function parseBody(body: Uint8Array): Json {
  try {
    const value = JSON.parse(fromUtf8(body)) as unknown
    ensure(isObject(value), 'webhook_malformed', 'not a JSON object')
    return value
  } catch (cause) {
    if (cause instanceof ProtocolError && cause.code === 'webhook_malformed') throw cause
    throw new ProtocolError('webhook_malformed', 'not JSON', { cause })
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function keyOf(...parts: string[]): Uint8Array {
  return new Uint8Array(createHash('sha256').update(JSON.stringify(parts)).digest())
}

function jsonNotice(route: JsonRoute, value: Json, body: Uint8Array): Notice {
  const id = route.id === null ? '' : fill(route.id, value)
  const whole = createHash('sha256').update(body).digest('hex')
  const destination = destinationOf(route, value)
  return {
    key: id === '' ? keyOf(route.path, 'body', whole) : keyOf(route.path, 'id', id),
    as: destination.as,
    destination,
    text: fill(route.text, value) || wordless(route),
    answers: route.answers,
  }
}

/** First match wins; what no rule matches goes where the route says. */
function destinationOf(route: Route, value: unknown): Destination {
  const rule = route.map.find(({ when }) =>
    when.every(({ path, text }) => textAt(value, path) === text),
  )
  return rule?.goal ?? route.otherwise
}

/** A template that finds nothing must not swallow the event. */
const wordless = (route: Route): string => `Event without text from ${route.path}`

function alertNotices(route: AlertmanagerRoute, value: Json): Notice[] {
  ensure(Array.isArray(value['alerts']), 'webhook_malformed', 'alerts: a list is expected')
  return value['alerts'].flatMap((alert: unknown, i) =>
    alertNotice(route, value, readAlert(alert, `alerts[${i}]`)),
  )
}

type Alert = {
  status: 'firing' | 'resolved'
  startsAt: string
  fingerprint: string
  labels: Json
  whole: Json
}

function readAlert(alert: unknown, at: string): Alert {
  ensure(isObject(alert), 'webhook_malformed', `${at}: an object is expected`)
  const { status, startsAt, fingerprint, labels } = alert
  const known = status === 'firing' || status === 'resolved'
  ensure(known, 'webhook_malformed', `${at}.status: firing or resolved is expected`)
  ensure(typeof startsAt === 'string', 'webhook_malformed', `${at}.startsAt: a time is expected`)
  ensure(isObject(labels), 'webhook_malformed', `${at}.labels: an object is expected`)
  const print =
    typeof fingerprint === 'string' && fingerprint !== '' ? fingerprint : ofLabels(labels)
  return { status, startsAt, fingerprint: print, labels, whole: alert }
}

/** Some senders leave the fingerprint out; an alert is its labels anyway. */
function ofLabels(labels: Json): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(utf8(JSON.stringify(sorted))).toString('base64')
}

function alertNotice(route: AlertmanagerRoute, webhook: Json, alert: Alert): Notice[] {
  const template = alert.status === 'firing' ? route.firing : route.resolved
  if (template === null) return []
  const destination = destinationOf(route, alert.labels)
  return [
    {
      key: keyOf(route.path, 'alert', alert.fingerprint, alert.status, alert.startsAt),
      as: alert.status === 'firing' ? destination.as : afterwards(destination.as),
      destination,
      text: fill(template, { ...webhook, ...alert.whole }) || wordless(route),
      answers: route.answers,
    },
  ]
}

/** An all-clear asks nobody to answer; in an exercise it has to carry the stripe nevertheless. */
export function afterwards(deed: Deed): Deed {
  return deed === 'exercise' ? 'exercise' : 'message'
}
