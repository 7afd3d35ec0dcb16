// A message that has not reached the box, or that the box has refused.
import type { View } from '../../device/wire.ts'
import { call } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { Icon } from './icon.tsx'
import { Problem } from './problem.tsx'
import { Progress } from './progress.tsx'

type Waiting = NonNullable<View<'channel'>>['waiting'][number]

export function WaitingLine({ waiting }: { waiting: Waiting }) {
  const { channel, file } = words()
  const { id, text, name, failure, mark, transfer } = waiting
  return (
    <article class="message mine waiting">
      <div class="bubble">
        {name !== '' && (
          <p class="message-file">
            <Icon name="file" />
            {name}
          </p>
        )}
        {transfer !== null && <Progress id={id} transfer={transfer} />}
        {mark !== null && <p class="note">{channel.marks[mark]()}</p>}
        {text !== '' && <p class="message-text">{text}</p>}
        <p class="message-foot">
          <Icon name={failure === '' ? 'clock' : 'warning'} />
          <span>{failure === '' ? channel.waits() : channel.refused()}</span>
        </p>
      </div>
      {name !== '' && failure === '' && transfer?.state !== 'sealing' && (
        <Act kind="quiet" act={() => call('takeBack', { id })}>
          {file.giveUp()}
        </Act>
      )}
      {failure !== '' && (
        <div class="refused">
          <Problem code={failure} />
          <Act act={() => call('takeBack', { id })}>{channel.takeBack()}</Act>
        </div>
      )}
    </article>
  )
}
