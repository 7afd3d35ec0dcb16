// The lines of a conversation. However long it is, only blocks near the window exist; the others are gaps of
// the height they had, or are likely to have.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { aim } from '../going.ts'
import { call, useView } from '../link.ts'
import { words } from '../words.ts'
import type { Answering } from '../composing.ts'
import { Icon } from './icon.tsx'
import { useAim } from './line-aim.ts'
import { Block, BLOCK, linesOf } from './line-block.tsx'
import { WaitingLine } from './waiting-line.tsx'

type Channel = NonNullable<View<'channel'>>
type Props = { channel: Channel; answer: (to: Answering) => void }

/** How near to the end still counts as there. Pixels. */
const NEAR = 48

export function LineList({ channel, answer }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const aimed = aim.value?.channel === channel.id ? aim.value : null
  const { atEnd, toEnd, look } = useEnd(scroller, content, aimed === null)
  useAim(scroller, content, aimed, look)
  // The marker stays where it was when the conversation was opened.
  const unread = useMemo(() => channel.unread, [])
  useReading(channel, atEnd)
  const leave = (): void => {
    aim.value = null
    toEnd()
  }
  const blocks = Array.from({ length: Math.ceil(channel.lines / BLOCK) }, (_, i) => i)
  const { waiting, ready } = useWaiting(channel, blocks.length - 1)
  const { channel: text } = words()
  return (
    <div class="lines-frame">
      <div ref={scroller} class="lines" role="log" aria-label={channel.title} tabIndex={0}>
        <div ref={content} class={ready ? 'lines-content' : 'lines-content loading'}>
          {blocks.map((at) => (
            <Block
              key={at}
              channel={channel}
              at={at}
              scroller={scroller}
              near={at >= blocks.length - 2}
              unread={unread}
              answer={answer}
            />
          ))}
          {waiting.map((one) => (
            <WaitingLine key={one.id} waiting={one} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <button type="button" class="icon-button to-end" aria-label={text.toEnd()} onClick={leave}>
          <Icon name="down" />
        </button>
      )}
    </div>
  )
}

/**
 * For a moment a message that has just been sent may be among those that wait and among the lines: it is shown once.
 * `ready`: the newest lines are there; before that nobody sees how their places are found.
 */
function useWaiting(
  channel: Channel,
  last: number,
): { waiting: Channel['waiting']; ready: boolean } {
  const seen = useView('lines', linesOf(channel, Math.max(0, last))).value
  const lines = seen.state === 'there' ? seen.value : []
  const there = new Set(lines.map((line) => ('id' in line ? line.id : '')))
  const waiting = channel.waiting.filter(({ id }) => !there.has(id))
  // Once: a further block that begins takes nothing from the screen.
  const ready = useRef(false)
  ready.current ||= seen.state !== 'waiting'
  return { waiting, ready: ready.current }
}

type Ref<T> = { current: T | null }

/** Stays at the end while somebody is there, whatever grows above or below. `begins`: there. */
function useEnd(scroller: Ref<HTMLElement>, content: Ref<HTMLElement>, begins: boolean) {
  const [atEnd, setAtEnd] = useState(begins)
  const stuck = useRef(begins)
  const top = useRef(0)
  const toEnd = (): void => {
    const { current } = scroller
    if (current !== null) current.scrollTop = current.scrollHeight
  }
  const look = (): void => {
    const { current: outer } = scroller
    if (outer === null) return
    const near = outer.scrollHeight - outer.scrollTop - outer.clientHeight < NEAR
    // Only somebody who scrolls up leaves the end; what has grown below them takes nobody from it.
    if (near || outer.scrollTop < top.current) stuck.current = near
    top.current = outer.scrollTop
    setAtEnd(stuck.current)
  }
  useLayoutEffect(() => {
    const { current: outer } = scroller
    const { current: inner } = content
    if (outer === null || inner === null) return
    const grown = new ResizeObserver(() => {
      if (stuck.current) toEnd()
    })
    grown.observe(inner)
    grown.observe(outer)
    outer.addEventListener('scroll', look, { passive: true })
    if (stuck.current) toEnd()
    return () => {
      grown.disconnect()
      outer.removeEventListener('scroll', look)
    }
  }, [])
  return { atEnd, toEnd, look }
}

/** What is at the end of the window, in front of somebody, has been read. */
function useReading(channel: Channel, atEnd: boolean): void {
  const [visible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const turn = (): void => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', turn)
    return () => document.removeEventListener('visibilitychange', turn)
  }, [])
  useEffect(() => {
    if (!atEnd || !visible || channel.unread === null) return
    void call('markRead', { channel: channel.id, n: channel.upto })
  }, [atEnd, visible, channel.unread, channel.upto])
}
