// Some lines in a row: drawn while they are near the window, else a gap.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { View, ViewArgs } from '../../device/wire.ts'
import { aim } from '../going.ts'
import { useValue } from '../link.ts'
import { day, isSameDay, words } from '../words.ts'
import type { Answering } from '../composing.ts'
import { Line } from './line.tsx'

type Channel = NonNullable<View<'channel'>>
type Props = {
  channel: Channel
  /** Which block, counted from 0. */
  at: number
  scroller: { current: HTMLElement | null }
  /** Drawn at once, before anybody could have measured. */
  near: boolean
  unread: number | null
  answer: (to: Answering) => void
}

/** Small enough that drawing one fits a frame; large enough that there are few. */
export const BLOCK = 20
/** Of a line, before it was ever drawn. Pixels. */
const LIKELY = 64
/** How far outside the window a block is drawn. */
const MARGIN = '800px'

export function Block(props: Props) {
  const element = useRef<HTMLDivElement>(null)
  const [drawn, setDrawn] = useState(props.near)
  const height = useRef(LIKELY * Math.min(BLOCK, props.channel.lines - props.at * BLOCK))
  useEffect(() => {
    const { current } = element
    if (current === null) return
    const watcher = new IntersectionObserver(
      ([entry]) => {
        if (entry === undefined) return
        if (!entry.isIntersecting) height.current = current.offsetHeight
        setDrawn(entry.isIntersecting)
      },
      { root: props.scroller.current, rootMargin: MARGIN },
    )
    watcher.observe(current)
    return () => watcher.disconnect()
  }, [])
  return (
    <div ref={element}>
      {drawn ? <Lines {...props} gap={height.current} /> : <Gap height={height.current} />}
    </div>
  )
}

function Gap({ height }: { height: number }) {
  return <div style={{ height: `${height}px` }} />
}

/** One line more than a block shows: the day of the one before decides about the first separator. */
export const linesOf = (channel: Channel, at: number): ViewArgs<'lines'> => ({
  channel: channel.id,
  from: Math.max(0, at * BLOCK - 1),
  to: (at + 1) * BLOCK,
})

function Lines({ channel, at, unread, answer, gap }: Props & { gap: number }) {
  const from = at * BLOCK
  const asked = linesOf(channel, at)
  const first = asked.from
  const lines = useValue('lines', asked)
  if (lines === undefined) return <Gap height={gap} />
  const { channel: text } = words()
  return (
    <>
      {lines.slice(from - first).map((line, i) => {
        const before = lines[i + from - first - 1]
        const newDay = line.at > 0 && (before === undefined || !isSameDay(before.at, line.at))
        const follows =
          before !== undefined &&
          !newDay &&
          before.type !== 'event' &&
          before.from.person === line.from.person &&
          line.at - before.at < 300_000
        const id = 'id' in line ? line.id : undefined
        const aimed = id !== undefined && aim.value?.message === id
        return (
          <div key={line.n} data-message={id} tabIndex={-1} class={aimed ? 'aimed' : undefined}>
            {newDay && (
              <p class="day">
                <span>{day(line.at)}</span>
              </p>
            )}
            {unread === from + i && (
              <p class="unread-marker">
                <span>{text.newFrom()}</span>
              </p>
            )}
            <Line line={line} channel={channel} follows={follows} answer={answer} />
          </div>
        )
      })}
    </>
  )
}
