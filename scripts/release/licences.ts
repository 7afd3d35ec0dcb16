// The licences of everything inside, which have to travel with it.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { licenceText, type Package } from './packages.ts'

const NODE = resolve(import.meta.dirname, '../../node_modules')

/** Each text once, under the names of all that come with it. `arch`: whose Node is installed here. */
export function licences(packages: readonly Package[], arch: string): string {
  const byText = new Map<string, string[]>()
  for (const one of packages) {
    const text = licenceText(one) || `Licence: ${one.license} (the package comes without its text)`
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.license})`])
  }
  const node = readFileSync(join(NODE, `node-linux-${arch}`, 'LICENSE'), 'utf8').trim()
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`)
  const head = 'Holdfast is free software: AGPL-3.0-or-later. It carries the following.'
  return `${[head, ...parts, `Node.js\n\n${node}`].join(`\n\n${'-'.repeat(72)}\n\n`)}\n`
}
