// What esbuild does not know of the app: its languages (ICU messages, compiled here so that no phone parses
// them), its icons (drawings as data, so that no markup is ever parsed on the page), that it says errors in its own
// languages, and how its cryptography is written down.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import type { Plugin } from 'esbuild'
import { ERRORS } from '../protocol/errors.ts'

const require = createRequire(import.meta.url)
// Required, not imported: its declarations are those of another module system than its code.
const MessageFormat = require('@messageformat/core') as new (locale: string) => object
const compileModule = require('@messageformat/core/compile-module') as (
  format: object,
  messages: object,
) => string

export const languages: Plugin = {
  name: 'languages',
  setup(build) {
    build.onLoad({ filter: /pwa\/languages\/(?:(?:notice|seldom)\/)?\w+\.json$/ }, ({ path }) => {
      const messages = JSON.parse(readFileSync(path, 'utf8')) as object
      const contents = compileModule(new MessageFormat(basename(path, '.json')), messages)
      return { contents, loader: 'js', resolveDir: dirname(path) }
    })
  },
}

/** An icon's drawing as [element, attributes] each. */
export const icons: Plugin = {
  name: 'icons',
  setup(build) {
    const nodes = require('lucide-static/icon-nodes.json') as Record<string, unknown>
    build.onLoad({ filter: /lucide-static\/icons\/[\w-]+\.svg$/ }, ({ path }) => {
      const shapes = nodes[basename(path, '.svg')]
      if (shapes === undefined) return { errors: [{ text: `no drawing as data: ${path}` }] }
      return { contents: JSON.stringify(shapes), loader: 'json' }
    })
  },
}

/** The error table without its sentences, which only a command line shows: a log of the app names the code. */
export const errorCodes: Plugin = {
  name: 'error codes',
  setup(build) {
    build.onLoad({ filter: /protocol\/errors\.ts$/ }, ({ path }) => {
      const table = /(?<=export const ERRORS = )\{.*?\n\}(?= as const)/s
      const rows = Object.entries(ERRORS).map(([code, [status]]) => [code, [status, code, '']])
      const contents = readFileSync(path, 'utf8').replace(table, () =>
        JSON.stringify(Object.fromEntries(rows)),
      )
      if (contents.includes(ERRORS.malformed[1])) return { errors: [{ text: `no table: ${path}` }] }
      return { contents, loader: 'ts' }
    })
  },
}

/** How libsodium brings its WebAssembly: what turns base64 into bytes, and the digits. */
const IN_BASE64 = /\(\w=>\{for\(var .{1,500}?\}\)\("(AGFzbQ[\w+/]+=*)"\)/

/**
 * libsodium in hexadecimal digits instead of base64: those keep to the bytes that they stand for, so that Brotli finds what
 * repeats. A quarter less of it goes over the line, and the browser itself turns it into bytes.
 */
export const sodiumInHex: Plugin = {
  name: 'libsodium in hexadecimal digits',
  setup(build) {
    build.onLoad({ filter: /libsodium-sumo\.mjs$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace(IN_BASE64, (_, base64: string) => {
        const hex = Buffer.from(base64, 'base64').toString('hex')
        return `Uint8Array.fromHex("${hex}")`
      })
      if (contents === source) return { errors: [{ text: `no WebAssembly: ${path}` }] }
      return { contents, loader: 'js' }
    })
  },
}
