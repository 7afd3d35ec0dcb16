// What somebody types who holds a printed page.
import { createInterface } from 'node:readline/promises'
import { text as readAll } from 'node:stream/consumers'
import type { Arguments } from './verb.ts'

/** Not an argument: those can be read by every user of the machine. */
export async function askSecret({ out }: Arguments, question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await readAll(process.stdin)).trim()
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await asking.question(question)
  } finally {
    asking.close()
    out.note('')
  }
}
