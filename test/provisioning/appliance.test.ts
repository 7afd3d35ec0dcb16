// What is written for systemd and nftables, judged by systemd and nftables.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { filesOf } from '../../provisioning/appliance/files.ts'
import { type Appliance, LAYOUT } from '../../provisioning/appliance/layout.ts'
import { enabled, units } from '../../provisioning/appliance/units.ts'
import { tempFolder } from '../server/kit.ts'

const CI = process.env['CI'] === 'true'
const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const systemd = CI || has('systemd-analyze') ? false : 'apt-get install systemd'

const OWN: Appliance = {
  address: 'https://crisis.intern',
  port: 443,
  trustPort: 80,
  acmePort: null,
  uplink: null,
  certificate: 'private',
  backupTo: '/media/stick',
  resolver: 'systemd-resolve',
  timekeeper: 'systemd-timesync',
  operators: ['192.0.2.0/24', '2001:db8::/32'],
}
const FILES: Appliance = {
  ...OWN,
  port: 8443,
  trustPort: null,
  certificate: 'files',
  backupTo: null,
  operators: [],
}
const ACME: Appliance = { ...OWN, certificate: 'acme', trustPort: null, acmePort: 80 }
const ALL = { 'a private authority': OWN, 'files of the operator': FILES, 'an authority': ACME }

/** The units in a root of their own, with the program that they start. */
function rootWith(t: TestContext, box: Appliance): string {
  const root = tempFolder(t)
  const program = { content: '#!/bin/sh\n', mode: 0o755 }
  const programs = [LAYOUT.program, LAYOUT.before, '/bin/kill', '/usr/sbin/nft'].map((path) => ({
    path,
    ...program,
  }))
  const files = [...filesOf(box, {}), ...programs]
  for (const { path, content, mode } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), mode)
  }
  return root
}

describe('the units of a box with', { skip: systemd }, () => {
  for (const [what, box] of Object.entries(ALL))
    test(`${what}: none is exposed beyond 2.0`, (t) => {
      const root = rootWith(t, box)
      for (const name of Object.keys(units(box)).filter((one) => one.endsWith('.service'))) {
        const path = join(root, LAYOUT.units, name)
        const args = ['security', '--offline=true', '--threshold=20', '--no-pager', path]
        const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
        const level = /exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]
        t.diagnostic(`${name}: ${level}`)
        assert.equal(status, 0, `${name}: ${stdout}${stderr}`)
        assert.ok(Number(level) <= 2, `${name}: ${level}`)
      }
    })

  test('say nothing that systemd does not know', (t) => {
    const root = rootWith(t, OWN)
    for (const name of Object.keys(units(OWN))) {
      const args = ['verify', `--root=${root}`, '--man=no', name]
      const { stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
      const complaints = `${stdout}${stderr}`
        .split('\n')
        .filter((line) => /Unknown|Invalid|ignoring|not executable|Failed to parse/i.test(line))
      assert.deepEqual(complaints, [], name)
    }
  })

  test('start what has to run, and leave the rest to sockets and timers', () => {
    assert.deepEqual(enabled(OWN), [
      'holdfast.service',
      'holdfast-settle.service',
      'holdfast-firewall.service',
      'holdfast-deliver.socket',
      'holdfast-certificates.service',
      'holdfast-backup.timer',
    ])
    assert.deepEqual(enabled(FILES), [
      'holdfast.service',
      'holdfast-settle.service',
      'holdfast-firewall.service',
      'holdfast-deliver.socket',
    ])
  })
})
