// The users of an installed box by number: this machine does not have those of the box.
import { firewall } from '../../provisioning/appliance/firewall.ts'
import type { Appliance } from '../../provisioning/appliance/layout.ts'

export const NUMBERS = {
  'holdfast-deliver': 61_001,
  'holdfast-tls': 61_002,
  'systemd-resolve': 61_004,
  'systemd-timesync': 61_005,
  holdfast: 61_000,
} as const

/** The firewall for them. */
export function rules(box: Appliance): string {
  const names = Object.keys(NUMBERS).toSorted((a, b) => b.length - a.length)
  return firewall(box).replaceAll(/meta skuid [^\n]*/g, (line) =>
    names.reduce(
      (text, name) => text.replaceAll(name, `${NUMBERS[name as keyof typeof NUMBERS]}`),
      line,
    ),
  )
}
