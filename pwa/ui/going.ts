// Going to one message of a conversation: from a search, a quote, the pinned ones.
import { signal } from '@preact/signals'
import { call } from './link.ts'

/** `line`: which one it is, counted from 0. A new one each time, so that somebody can go there twice. */
export type Aim = { channel: string; message: string; line: number }

export const aim = signal<Aim | null>(null)

/** Nothing happens where this device cannot show the message. */
export async function goTo(channel: string, message: string): Promise<void> {
  const line = await call('lineOf', { channel, id: message })
  if (line !== null) aim.value = { channel, message, line }
}

export const messagePath = (channel: string, message: string | null): string =>
  message === null ? `/channels/${channel}` : `/channels/${channel}?message=${message}`
