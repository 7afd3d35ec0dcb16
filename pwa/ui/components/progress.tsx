// How far a file has come on its way, and stopping it.
import type { View } from '../../device/wire.ts'
import { call } from '../link.ts'
import { size, words } from '../words.ts'
import { Icon } from './icon.tsx'

type Transfer = NonNullable<Extract<View<'lines'>[number], { type: 'file' }>['transfer']>

export function Progress({ id, transfer }: { id: string; transfer: Transfer }) {
  const { file: text } = words()
  const { state, done, total } = transfer
  const stopped = state === 'paused'
  const turn = (): void => void call(stopped ? 'goOnWithFile' : 'pauseFile', { id }).catch(() => {})
  return (
    <div class="progress">
      <progress max={Math.max(1, total)} value={done} aria-label={text.states[state]()} />
      <span class="note">
        {text.states[state]()} {text.progress({ done: size(done), total: size(total) })}
      </span>
      {state !== 'sealing' && (
        <button
          type="button"
          class="icon-button"
          aria-label={stopped ? text.goOn() : text.pause()}
          onClick={turn}
        >
          <Icon name={stopped ? 'play' : 'pause'} />
        </button>
      )}
    </div>
  )
}
