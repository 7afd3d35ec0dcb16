// What an installed box has for the people who look after it: the command, and what it writes at its first start.
import { environment, type InstalledFile } from '../appliance/files.ts'
import { LAYOUT, USERS } from '../appliance/layout.ts'

const EXECUTABLE = 0o755
const PLAIN = 0o644
const PRIVATE = 0o640

/** The command that operators type: the box's own settings, whoever calls it. */
const COMMAND = `#!/bin/sh
set -a
[ -r ${LAYOUT.settings} ] && . ${LAYOUT.settings}
set +a
exec ${LAYOUT.program} "$@"
`

/** `runbook`: its text. */
export const forPeople = (runbook: string): InstalledFile[] => [
  { path: LAYOUT.command, content: COMMAND, mode: EXECUTABLE },
  { path: LAYOUT.runbook, content: runbook, mode: PLAIN },
]

/**
 * Of a system that has not run yet: the organisation is founded where it will live, so that no key of a box is ever in
 * an image, and the card of its first owner is shown on the screen of the machine, once.
 */
export const atFirstStart = (org: string, owner: string): InstalledFile[] => [
  { path: LAYOUT.first, content: environment({ ORG: org, OWNER: owner }), mode: PRIVATE },
  { path: `${LAYOUT.units}/holdfast-first.service`, content: FIRST, mode: PLAIN },
]

const FIRST = `[Unit]
Description=Holdfast, founding the organisation
ConditionPathExists=!${LAYOUT.data}/box.key
Before=holdfast.service getty.target

[Service]
Type=oneshot
User=${USERS.box}
Group=${USERS.box}
EnvironmentFile=${LAYOUT.settings}
EnvironmentFile=${LAYOUT.first}
StateDirectory=holdfast
StateDirectoryMode=0700
ExecStart=/bin/sh -c 'exec ${LAYOUT.program} init --org "$$ORG" --owner "$$OWNER" > /run/holdfast-first/card'
RuntimeDirectory=holdfast-first
RuntimeDirectoryMode=0700
# On every screen that the machine has, and nowhere else: the folder goes with this service.
ExecStartPost=+/bin/sh -c 'for tty in $$(cat /sys/class/tty/console/active); do cat /run/holdfast-first/card > /dev/$$tty || true; done'
NoNewPrivileges=yes
PrivateNetwork=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
UMask=0077
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`
