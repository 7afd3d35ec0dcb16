// Who has received an alert: what a phone has verified and opened, and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageId } from '../../protocol/ids.ts'
import {
  add,
  alert,
  audience,
  type Phone,
  remove,
  rollCall,
  startTown,
  sync,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'

async function stateOf(by: Phone, of: Phone, what: MessageId): Promise<string | undefined> {
  const rows = await rollCall(by, what)
  return rows.find(({ person }) => Buffer.compare(person, of.person) === 0)?.state
}

async function staffed(town: Town) {
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const all = await audience(olga, 'All staff', anna)
  await syncAll(anna, olga)
  return { olga, anna, all }
}

test('Somebody admitted after the alert is waiting, not received, also when they hold the next one', async (t) => {
  const town = await startTown(t)
  const { olga, anna, all } = await staffed(town)
  const { id: fire } = await alert(olga, all, 'Fire in the control room.')
  await sync(anna)
  const { id: water } = await alert(olga, all, 'Water in the cellar.')
  const nora = await welcome(town, olga, 'Nora Neu')
  await add(olga, all, nora)
  await syncAll(olga, nora, anna, nora)
  const { id: over } = await alert(olga, all, 'All clear.')
  await syncAll(nora, anna)
  for (const [what, hers] of [
    [fire, 'waiting'],
    [water, 'waiting'],
    [over, 'received'],
  ] as const) {
    assert.equal(await stateOf(olga, nora, what), hers)
    assert.equal(await stateOf(olga, anna, what), 'received')
  }
})

test('Whoever was out for one alert holds those before and after', async (t) => {
  const town = await startTown(t)
  const { olga, anna, all } = await staffed(town)
  const { id: fire } = await alert(olga, all, 'Fire in the control room.')
  await sync(anna)
  await remove(olga, all, anna)
  const { id: water } = await alert(olga, all, 'Water in the cellar.')
  await add(olga, all, anna)
  await syncAll(olga, anna, olga, anna)
  const { id: over } = await alert(olga, all, 'All clear.')
  await sync(anna)
  assert.equal(await stateOf(olga, anna, fire), 'received')
  assert.equal(await stateOf(olga, anna, water), 'waiting')
  assert.equal(await stateOf(olga, anna, over), 'received')
})
