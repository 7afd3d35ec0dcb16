// Who has a message of mine, by name, and who does not: as of when, and what it is known from.
import { useValue } from '../link.ts'
import { moment, words } from '../words.ts'
import { Icon } from './icon.tsx'
import { Sheet } from './sheet.tsx'

type Props = { channel: string; n: number; close: () => void }

export function WhoHasIt({ channel, n, close }: Props) {
  const seen = useValue('holders', { channel, n })
  const { holders: text } = words()
  return (
    <Sheet title={text.title()} close={close}>
      {seen !== undefined && (
        <>
          <h3>{text.hold({ count: seen.hold.length })}</h3>
          <ul class="names">
            {seen.hold.map(({ person, name }) => (
              <li key={person} class="good">
                <Icon name="checkAll" />
                {name}
              </li>
            ))}
          </ul>
          <h3>{text.not({ count: seen.not.length })}</h3>
          <ul class="names">
            {seen.not.map(({ person, name, reachable }) => (
              <li key={person}>
                <Icon name="clock" />
                {name}
                {!reachable && <span class="note"> {text.noDevice()}</span>}
              </li>
            ))}
          </ul>
          <p class="note" role="status">
            {seen.asOf === null ? text.notAsked() : text.asOf({ time: moment(seen.asOf) })}
          </p>
        </>
      )}
    </Sheet>
  )
}
