// The keys of this device, as short numbers that people can read to each other.
import type { View } from '../../device/wire.ts'
import { moment, seldomWords } from '../words.ts'

export function KeysInfo({ keys }: { keys: View<'keys'> }) {
  const { device: text } = seldomWords()
  return (
    <section aria-labelledby="keys-of-device">
      <h2 id="keys-of-device">{text.keys()}</h2>
      <dl class="facts">
        <dt>{text.id()}</dt>
        <dd class="device-id">{keys.device}</dd>
        <dt>{text.signing()}</dt>
        <dd class="device-id">{keys.signing}</dd>
        <dt>{text.enrolled()}</dt>
        <dd>{keys.enrolled === null ? text.unknown() : moment(keys.enrolled)}</dd>
        <dt>{text.root()}</dt>
        <dd class="device-id">{keys.root}</dd>
      </dl>
      <p class="note">{text.rootNote()}</p>
    </section>
  )
}
