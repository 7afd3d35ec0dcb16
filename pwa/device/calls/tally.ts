// How much conversations hold on this device. What is a file stands inside the messages: they are opened for it.
import { BEGINNING, type Cursor, nextSlice } from '../slices.ts'
import type { Device } from '../device.ts'

type Tally = { messages: number; files: number; next: Cursor | null }

/** Of one slice; `from`: as the one before has returned it, null at first. */
export async function tally({ core }: Device, { from }: { from: Cursor | null }): Promise<Tally> {
  const { messages, next } = await nextSlice(core, from ?? BEGINNING)
  const types = messages.map(({ content }) => content.type)
  const files = types.filter((one) => one === 'file').length
  const said = types.filter((one) => one === 'text' || one === 'alert').length
  return { messages: said + files, files, next }
}
