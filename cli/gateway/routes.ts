// The routes of a configuration: which webhook goes where, and as what.
import { MAX_ANSWERS } from '../../protocol/content.ts'
import type { Field, Fields } from './field.ts'
import { readSecret, type Surroundings } from './secret.ts'
import { readPath, readTemplate, type Template } from './template.ts'

const DEEDS = ['alert', 'exercise', 'message'] as const
/** What a webhook becomes. */
export type Deed = (typeof DEEDS)[number]

export type Destination = {
  as: Deed
  /** Title or id of a channel. */
  to: string
  /** The key of the configuration that names it, for complaints. */
  at: string
}
export type Rule = { when: { path: string; text: string }[]; goal: Destination }

type Common = { path: string; otherwise: Destination; map: Rule[]; answers: string[] | null }
export type AlertmanagerRoute = Common & {
  type: 'alertmanager'
  bearer: string
  firing: Template
  /** null: nobody is told. */
  resolved: Template | null
}
export type JsonRoute = Common & {
  type: 'json'
  hmac: string
  header: string
  /** null: the whole body tells whether it was seen before. */
  id: Template | null
  text: Template
}
export type Route = AlertmanagerRoute | JsonRoute

const DEFAULT_HEADER = 'X-Signature'
const COMMON = ['path', 'type', 'to', 'as', 'map', 'answers']
const KEYS = {
  alertmanager: [...COMMON, 'bearer', 'firing', 'resolved'],
  json: [...COMMON, 'hmac', 'header', 'id', 'text'],
}

/** Throws `gateway_config` with the key and what is wrong with it. */
export function readRoute(field: Field, around: Surroundings): Route {
  const type = field.object([...KEYS.alertmanager, ...KEYS.json]).need('type')
  const kind = type.oneOf(['alertmanager', 'json'])
  const keys = field.object(KEYS[kind])
  const common = readCommon(field, keys)
  if (kind === 'alertmanager') {
    const resolved = keys.maybe('resolved')
    return {
      ...common,
      type: kind,
      bearer: readSecret(keys.need('bearer'), around),
      firing: readTemplate(keys.need('firing')),
      resolved: resolved === undefined || resolved.isNull ? null : readTemplate(resolved),
    }
  }
  const id = keys.maybe('id')
  return {
    ...common,
    type: kind,
    hmac: readSecret(keys.need('hmac'), around),
    header: readHeader(keys.maybe('header')),
    id: id === undefined ? null : readTemplate(id),
    text: readTemplate(keys.need('text')),
  }
}

function readCommon(field: Field, keys: Fields): Common {
  const to = keys.need('to')
  const otherwise = { as: keys.need('as').oneOf(DEEDS), to: to.text(), at: to.path }
  const path = keys.need('path')
  if (!/^\/[\w.~/-]*$/.test(path.text())) path.fail('a path such as /alertmanager is expected')
  const map = keys.maybe('map')?.list() ?? []
  const rules = map.map((rule) => readRule(rule, otherwise))
  const answers = readAnswers(keys.maybe('answers'))
  const asks = [otherwise, ...rules.map(({ goal }) => goal)].some(({ as }) => as !== 'message')
  if (answers !== null && !asks) field.fail('"answers" belong to an alert or an exercise')
  return { path: path.text(), otherwise, map: rules, answers }
}

function readRule(field: Field, otherwise: Destination): Rule {
  const keys = field.object(['if', 'as', 'to'])
  const condition = keys.need('if')
  const when = condition.entries().map(({ key, value }) => ({
    path: readPath(value, key, `"${key}"`),
    text: value.scalar(),
  }))
  if (when.length === 0) condition.fail('a rule without a condition would hide those after it')
  const to = keys.maybe('to')
  const place = to === undefined ? otherwise : { to: to.text(), at: to.path }
  return { when, goal: { ...place, as: keys.maybe('as')?.oneOf(DEEDS) ?? otherwise.as } }
}

function readAnswers(field: Field | undefined): string[] | null {
  if (field === undefined) return null
  const answers = field.list().map((answer) => {
    const text = answer.text().trim()
    return Buffer.byteLength(text) <= 40 ? text : answer.fail('at most 40 bytes fit on a button')
  })
  const enough = answers.length > 0 && answers.length <= MAX_ANSWERS
  return enough ? answers : field.fail(`one to ${MAX_ANSWERS} answers are expected`)
}

function readHeader(field: Field | undefined): string {
  if (field === undefined) return DEFAULT_HEADER
  const name = field.text()
  return /^[\w-]+$/.test(name) ? name : field.fail('the name of an HTTP header is expected')
}
