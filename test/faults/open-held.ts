// Opens a data folder with the box's own code, without listening, and checks every chain in it.
import assert from 'node:assert/strict'
import { equal } from '../../protocol/bytes.ts'
import { emptyHead, nextHead } from '../../protocol/chain.ts'
import { idText } from '../../protocol/ids.ts'
import { createContext } from '../../server/context.ts'
import { silent } from '../server/kit.ts'

/** Throws what the box would refuse to start with, or an assertion about a broken chain. */
export async function openHeld(data: string) {
  const config = {
    data,
    host: '127.0.0.1',
    port: 0,
    origin: null,
    logLevel: 'silent',
    tls: null,
    operator: null,
    deliver: null,
    app: null,
  } as const
  const context = createContext(config, {
    log: silent,
    fatal: (error) => assert.fail(String(error)),
  })
  try {
    const foundingCards: string[] = []
    for (const org of context.orgs.values()) {
      if (org.store.cards.founding() !== null) foundingCards.push(idText(org.id))
      for (const row of org.store.logs.list()) {
        let head = emptyHead(row.id)
        for (const { n, stub } of org.store.logs.all(row.id)) {
          head = nextHead(head, stub)
          assert.equal(n, head.n, 'the log is dense')
          const here = org.store.logs.hashAt(row.id, n)
          assert.ok(here !== undefined && equal(here, head.h), `the chain holds at ${n}`)
        }
        assert.ok(row.head.n === head.n && equal(row.head.h, head.h), 'the head is the last entry')
      }
    }
    return { foundingCards, boxPk: context.box.publicKey }
  } finally {
    await context.close()
  }
}
