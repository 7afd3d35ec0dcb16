// What is known of a message that this person has sent: on the box, or held by so many.
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

export function DeliveryState({
  delivery: { held, of },
}: {
  delivery: { held: number; of: number }
}) {
  const { channel } = words()
  const whole = held >= of
  const text = held === 0 ? channel.onBox() : channel.held({ held, of })
  return (
    <span class={whole ? 'delivery whole' : 'delivery'}>
      <Icon name={held === 0 ? 'check' : 'checkAll'} />
      <span>{text}</span>
    </span>
  )
}
