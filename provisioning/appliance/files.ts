// Everything that an installed box has beside its program and its data, as files.
import { firewall } from './firewall.ts'
import { type Appliance, LAYOUT, USERS } from './layout.ts'
import { units } from './units.ts'

export type InstalledFile = { path: string; content: string; mode: number }

/** `settings`: variables of the box, as the operator has said them. */
export function filesOf(
  box: Appliance,
  settings: Readonly<Record<string, string>>,
): InstalledFile[] {
  const own = Object.entries(units(box)).map(([name, content]) => ({
    path: `${LAYOUT.units}/${name}`,
    content,
    mode: 0o644,
  }))
  return [
    ...own,
    { path: LAYOUT.users, content: SYSUSERS, mode: 0o644 },
    { path: LAYOUT.firewall, content: firewall(box), mode: 0o644 },
    { path: LAYOUT.journal, content: JOURNAL, mode: 0o644 },
    { path: LAYOUT.settings, content: HEAD + environment(settings), mode: 0o640 },
  ]
}

/** sysusers.d(5). */
const SYSUSERS = `u ${USERS.box} - "Holdfast" /var/lib/holdfast
u ${USERS.deliver} - "Holdfast, pushes"
u ${USERS.certificates} - "Holdfast, certificate"
`

/** journald.conf(5). All processes of the box speak to the journal; no other file takes their words. */
const JOURNAL = `# What happened is known after a power cut, too, and takes no room from messages: left alone, the journal takes up to
# a tenth of the disk. It also says when which card was used, so it forgets after a month.
[Journal]
Storage=persistent
SystemMaxUse=200M
MaxRetentionSec=1month
`

const HEAD = '# Options of the box: holdfast serve --help. Then: systemctl restart holdfast\n'

/** systemd.exec(5), EnvironmentFile: values in double quotes, with quotes and backslashes escaped. */
export function environment(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"$`]/g, '\\$&')}"`)
  return `${lines.join('\n')}\n`
}
