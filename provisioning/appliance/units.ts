// The services of an installed box, each with the least that it needs (systemd.exec(5), systemd.resource-control(5)).
import { type Appliance, LAYOUT, USERS } from './layout.ts'

/** What none of them needs. No MemoryDenyWriteExecute: V8 compiles while it runs. */
const FENCE = `NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=pid
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @obsolete
SystemCallErrorNumber=EPERM
UMask=0027
LimitCORE=0
KeyringMode=private`

/** Of a process that listens where only a system may; the others have no capability at all. */
const LOW_PORT = `CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE`
const NO_CAPABILITY = `CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes`

const LOWEST_FREE_PORT = 1024
const capabilities = (ports: readonly (number | null)[]): string =>
  ports.some((port) => port !== null && port < LOWEST_FREE_PORT) ? LOW_PORT : NO_CAPABILITY

const INTERNET = 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX'
const AGAIN = 'Restart=always\nRestartSec=1'

/** By file name below LAYOUT.units. */
export function units(box: Appliance): Record<string, string> {
  return {
    'holdfast.service': boxUnit(box),
    'holdfast-settle.service': settle(box),
    'holdfast-firewall.service': FIREWALL,
    'holdfast-deliver.socket': DELIVER_SOCKET,
    'holdfast-deliver.service': DELIVER,
    ...(box.certificate === 'files' ? {} : { 'holdfast-certificates.service': certificates(box) }),
    ...(box.backupTo === null ? {} : backups(box.backupTo, box.certificate)),
  }
}

/** What is started at boot. */
export const enabled = (box: Appliance): string[] =>
  Object.keys(units(box)).filter((name) => !/^holdfast-(?:deliver|backup)\.service$/.test(name))

/** Where the certificate lies that a process of ours keeps; one of the operator's stands in the settings. */
function shown({ certificate }: Appliance): string {
  const current = `${LAYOUT.tls}/current.pem`
  return certificate === 'files'
    ? ''
    : `Environment=HOLDFAST_TLS_CERT=${current} HOLDFAST_TLS_KEY=${current}\n`
}

function boxUnit(box: Appliance): string {
  return `[Unit]
Description=Holdfast, the crisis line
Documentation=file:${LAYOUT.runbook}
After=network.target holdfast-firewall.service holdfast-deliver.socket holdfast-certificates.service
Wants=holdfast-deliver.socket holdfast-firewall.service
# Until the first certificate is there it is tried again, and never given up.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${USERS.box}
Group=${USERS.box}
EnvironmentFile=${LAYOUT.settings}
UnsetEnvironment=HOLDFAST_ACME HOLDFAST_PRIVATE_CA HOLDFAST_BACKUP_TO
Environment=HOLDFAST_DATA=${LAYOUT.data} HOLDFAST_LISTEN=0.0.0.0:${box.port} HOLDFAST_ORIGIN=${box.address}
Environment=HOLDFAST_DELIVER=${LAYOUT.socket}
${shown(box)}ExecStart=${LAYOUT.program} serve
ExecReload=/bin/kill -HUP $MAINPID
${AGAIN}
StateDirectory=holdfast
StateDirectoryMode=0700
LimitNOFILE=32768
MemoryMax=75%
TasksMax=64
${capabilities([box.port])}
${INTERNET}
${FENCE}

[Install]
WantedBy=multi-user.target
`
}

/** Before there is a network. The rules of the system stay as they are: ours are a table beside them. */
const FIREWALL = `[Unit]
Description=Holdfast, what may come in and go out
DefaultDependencies=no
After=local-fs.target systemd-sysusers.service
Before=network-pre.target
Wants=network-pre.target
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f ${LAYOUT.firewall}
ExecReload=/usr/sbin/nft -f ${LAYOUT.firewall}
CapabilityBoundingSet=CAP_NET_ADMIN
AmbientCapabilities=
RestrictAddressFamilies=AF_NETLINK AF_UNIX
IPAddressDeny=any
TasksMax=8
${FENCE}

[Install]
WantedBy=multi-user.target
`

const DELIVER_SOCKET = `[Unit]
Description=Where the crisis line hands over pushes

[Socket]
ListenStream=${LAYOUT.socket}
SocketUser=${USERS.box}
SocketGroup=${USERS.box}
SocketMode=0600
DirectoryMode=0755

[Install]
WantedBy=sockets.target
`

const DELIVER = `[Unit]
Description=Holdfast, sending pushes
StartLimitIntervalSec=0
Requires=holdfast-deliver.socket

[Service]
Type=exec
User=${USERS.deliver}
Group=${USERS.deliver}
ExecStart=${LAYOUT.program} deliver
${AGAIN}
MemoryMax=256M
TasksMax=32
${NO_CAPABILITY}
${INTERNET}
${FENCE}
`

/**
 * After a start that came in the middle of an update. It is the program of before that looks, and it may start and
 * stop the others, and put their databases back.
 */
function settle(box: Appliance): string {
  return `[Unit]
Description=Holdfast, ending an update that was interrupted
ConditionPathExists=${LAYOUT.releases}/update.json
After=holdfast.service

[Service]
Type=oneshot
EnvironmentFile=${LAYOUT.settings}
UnsetEnvironment=HOLDFAST_ACME HOLDFAST_PRIVATE_CA HOLDFAST_BACKUP_TO
Environment=HOLDFAST_DATA=${LAYOUT.data} HOLDFAST_LISTEN=0.0.0.0:${box.port}
${shown(box)}ExecStart=${LAYOUT.before} update --settle
ReadWritePaths=${LAYOUT.releases} ${LAYOUT.data}
IPAddressDeny=any
IPAddressAllow=localhost
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE
AmbientCapabilities=
PrivateMounts=yes
TasksMax=32
${INTERNET}
${FENCE}
# Databases that are put back belong to the box.
SystemCallFilter=@chown

[Install]
WantedBy=multi-user.target
`
}

function certificates(box: Appliance): string {
  return `[Unit]
Description=Holdfast, keeping the certificate
StartLimitIntervalSec=0
After=network-online.target
Wants=network-online.target
Before=holdfast.service

[Service]
Type=exec
User=${USERS.certificates}
Group=${USERS.box}
EnvironmentFile=${LAYOUT.settings}
EnvironmentFile=-/etc/holdfast/dns.env
Environment=HOLDFAST_TLS_DIR=${LAYOUT.tls} HOLDFAST_ORIGIN=${box.address}
ExecStart=${LAYOUT.program} certificates
Restart=always
RestartSec=60
StateDirectory=holdfast-tls
StateDirectoryMode=0750
MemoryMax=256M
TasksMax=32
${capabilities([box.trustPort, box.acmePort])}
${INTERNET}
${FENCE}

[Install]
WantedBy=multi-user.target
`
}

/**
 * What another user keeps of the certificate, and a new box could not make again: systemd hands it over, to this unit
 * and for this while. It does not start without a file that is named here.
 */
const HANDED: Record<Appliance['certificate'], readonly string[]> = {
  private: ['authority.key', 'authority.crt', 'authority.names'],
  acme: ['account.key'],
  files: [],
}

function backups(to: string, certificate: Appliance['certificate']): Record<string, string> {
  const handed = HANDED[certificate]
    .map((name) => `LoadCredential=tls-${name}:${LAYOUT.tls}/${name}\n`)
    .join('')
  return {
    'holdfast-backup.timer': `[Unit]
Description=A backup of the crisis line, every night

[Timer]
OnCalendar=*-*-* 03:00
RandomizedDelaySec=30min
Persistent=yes

[Install]
WantedBy=timers.target
`,
    'holdfast-backup.service': `[Unit]
Description=Holdfast, a sealed backup

[Service]
Type=oneshot
User=${USERS.box}
Group=${USERS.box}
EnvironmentFile=${LAYOUT.settings}
# It is handed what it may have of that folder.
UnsetEnvironment=HOLDFAST_TLS_DIR
Environment=HOLDFAST_DATA=${LAYOUT.data} HOLDFAST_BACKUP_TO=${to}
${handed}ExecStart=${LAYOUT.program} backup
StateDirectory=holdfast
StateDirectoryMode=0700
ReadWritePaths=-${to}
IPAddressDeny=any
RestrictAddressFamilies=AF_UNIX
PrivateNetwork=yes
TasksMax=32
${NO_CAPABILITY}
${FENCE}
`,
  }
}
