// Where things lie on an installed box, and who owns them: the one place that says so.

export const LAYOUT = {
  /** The releases, and the links that say which one runs (provisioning/update/place.ts). */
  releases: '/usr/local/lib/holdfast',
  program: '/usr/local/lib/holdfast/current/holdfast',
  /** Of the release before: it looks after an update that was interrupted. */
  before: '/usr/local/lib/holdfast/previous/holdfast',
  /** Options of the box, as HOLDFAST_… variables. */
  settings: '/etc/holdfast/holdfast.env',
  /** Of a system that has not run yet: what it founds. */
  first: '/etc/holdfast/first.env',
  /** The command that operators type, and what they read. */
  command: '/usr/local/bin/holdfast',
  runbook: '/usr/local/share/doc/holdfast/RUNBOOK.md',
  firewall: '/etc/holdfast/firewall.nft',
  units: '/etc/systemd/system',
  users: '/etc/sysusers.d/holdfast.conf',
  journal: '/etc/systemd/journald.conf.d/holdfast.conf',
  data: '/var/lib/holdfast',
  tls: '/var/lib/holdfast-tls',
  socket: '/run/holdfast-deliver/deliver.sock',
} as const

/** Each process has a user of its own; what they share goes through the group of the box. */
export const USERS = {
  box: 'holdfast',
  deliver: 'holdfast-deliver',
  certificates: 'holdfast-tls',
} as const

export type Appliance = {
  /** The origin under which devices find the box. */
  address: string
  /**
   * Interface of the way out; null: there is one network alone. Whoever controls another network of the box must not
   * be able to move it: neither routes nor addresses come from there, and nothing begins there.
   */
  uplink: string | null
  /** Port of the box, and of the page that guides phones; null: no such page. */
  port: number
  trustPort: number | null
  /** Port on which an authority comes to look; null: never. */
  acmePort: number | null
  /** Who keeps the certificate: a process of ours, in one of two ways, or the operator, whose settings name the files. */
  certificate: 'acme' | 'private' | 'files'
  /** Where backups go; null: nowhere. */
  backupTo: string | null
  /** Users of the system that ask for names, and that set the clock; null: nobody does. They have to exist. */
  resolver: string | null
  timekeeper: string | null
  /** Networks that may reach the operator's door (ssh). */
  operators: readonly string[]
}
