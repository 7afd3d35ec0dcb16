// Looks for a text in bytes, in every form in which it could have got there by accident.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FORMS = {
  'UTF-8': (text: string) => [Buffer.from(text, 'utf8')],
  'UTF-16LE': (text: string) => [Buffer.from(text, 'utf16le')],
  'UTF-16BE': (text: string) => [Buffer.from(text, 'utf16le').swap16()],
  hex: (text: string) => [Buffer.from(Buffer.from(text).toString('hex'))],
  HEX: (text: string) => [Buffer.from(Buffer.from(text).toString('hex').toUpperCase())],
  base64: (text: string) => aligned(text, 'base64'),
  base64url: (text: string) => aligned(text, 'base64url'),
}
export type Form = keyof typeof FORMS

/** The characters that depend on the text alone, for each place it can have in a group of three bytes. */
function aligned(text: string, encoding: 'base64' | 'base64url'): Buffer[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding)
    const first = Math.ceil((before * 8) / 6)
    const last = Math.floor(((before + bytes.length) * 8) / 6)
    return Buffer.from(whole.slice(first, last))
  })
}

export type Hit = { text: string; form: Form; where: string }

export function hitsIn(where: string, bytes: Buffer, texts: readonly string[]): Hit[] {
  return texts.flatMap((text) =>
    (Object.keys(FORMS) as Form[])
      .filter((form) => FORMS[form](text).some((pattern) => bytes.includes(pattern)))
      .map((form) => ({ text, form, where })),
  )
}

/** Every file of a folder, and its name. */
export function hitsUnder(folder: string, texts: readonly string[]): Hit[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  return names
    .filter((one) => one.isFile())
    .flatMap((one) => {
      const path = join(one.parentPath, one.name)
      return [
        ...hitsIn(path, readFileSync(path), texts),
        ...hitsIn(path, Buffer.from(one.name), texts),
      ]
    })
}
