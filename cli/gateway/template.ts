// Texts with places to fill: {{labels.alertname}}. Dotted paths and nothing else, so that a webhook can
// never run anything here.
import type { Field } from './field.ts'

type Part = { literal: string } | { path: string }
export type Template = readonly Part[]

/** What a phone shows without scrolling for long; far below the limit of a message. */
const MAX_CHARACTERS = 2000
const HOLE = /\{\{(.*?)\}\}/s
const PATH = /^[\w-]+(?:\.[\w-]+)*$/
/** Line ends stay; invisible marks that turn the direction of writing could fake another text. */
const INVISIBLE = /(?!\n)[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Throws `gateway_config` for anything in braces that is not a dotted path. */
export function readTemplate(field: Field): Template {
  const pieces = field.text().split(new RegExp(HOLE, 'gs'))
  return pieces.map((piece, i) => {
    if (i % 2 === 1) return { path: readPath(field, piece.trim(), `{{${piece}}}`) }
    if (/\{\{|\}\}/.test(piece)) field.fail('a {{ has no }} or the other way round')
    return { literal: piece }
  })
}

/** A dotted path; `shown` is how it stands in the file. */
export function readPath(field: Field, path: string, shown: string): string {
  return PATH.test(path)
    ? path
    : field.fail(`${shown} is not a dotted path such as labels.alertname`)
}

/** The text with its places filled: what is missing is empty, and the whole fits on a screen. */
export function fill(template: Template, value: unknown): string {
  const filled = template.map((part) => ('path' in part ? textAt(value, part.path) : part.literal))
  return presentable(filled.join(''))
}

function presentable(text: string): string {
  const spaced = text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ').toWellFormed()
  const plain = spaced.replace(INVISIBLE, '').trim()
  const characters = Array.from(plain)
  if (characters.length <= MAX_CHARACTERS) return plain
  return `${characters
    .slice(0, MAX_CHARACTERS - 1)
    .join('')
    .trimEnd()}…`
}

/** What stands at a dotted path, as text; empty when it is missing or not a single value. */
export function textAt(value: unknown, path: string): string {
  const found = valueAt(value, path)
  return ['string', 'number', 'boolean'].includes(typeof found) ? String(found) : ''
}

/** Keys may hold dots themselves, as in labels of newer exporters: the whole rest is tried first. */
function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path]
  const dot = path.indexOf('.')
  if (dot === -1) return undefined
  const head = path.slice(0, dot)
  if (!Object.hasOwn(value, head)) return undefined
  return valueAt((value as Record<string, unknown>)[head], path.slice(dot + 1))
}
