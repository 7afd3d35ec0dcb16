// What the clock of the box decides. Devices judge cards by log time alone, which administrators sign; the
// box's own clock adds to that only while it can be right, so that a wrong one locks nobody out.
import type { Card, DirectoryState } from '../../protocol/directory-state.ts'
import { ensure } from '../../protocol/errors.ts'
import { CLOCK_LEAD } from '../../protocol/limits.ts'
import { PLAUSIBLE_AHEAD } from '../limits.ts'

/** `even`: it has run for a day without a jump; `jumped`: it was set since; `new`: neither, the box has just started. */
export type BoxTime = { now: number; clock: 'even' | 'jumped' | 'new' }

/** Throws `card_expired` beyond what log time says about the card. */
export function ensureUnexpired(directory: DirectoryState, card: Card, time: BoxTime): void {
  const plausible = time.clock === 'new' && time.now <= directory.logTime + PLAUSIBLE_AHEAD
  const believed = time.clock === 'even' || plausible
  ensure(!believed || card.notAfter >= time.now, 'card_expired')
}

/**
 * Throws `clock_ahead` for a directory entry from the future. Whatever was accepted was at most CLOCK_LEAD
 * ahead: where log time is further ahead than that, it is this clock that has gone back, and it judges nothing.
 */
export function ensureNotAhead(directory: DirectoryState, t: number, { now }: BoxTime): void {
  const wrong = directory.logTime > now + CLOCK_LEAD
  ensure(wrong || t <= now + CLOCK_LEAD, 'clock_ahead')
}
