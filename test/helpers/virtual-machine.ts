// A machine that starts from a disk by its firmware, all of it in software: it can be switched off like a real one.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Cleaner, cleanUp } from './cleanup.ts'

const FIRMWARE = '/usr/share/OVMF'
export const canEmulate = (): boolean =>
  existsSync('/usr/bin/qemu-system-x86_64') && existsSync(`${FIRMWARE}/OVMF_CODE_4M.fd`)

export type Disk = {
  /** Folder for what the firmware remembers. */
  folder: string
  image: string
  /** Ports of this machine, by those of the guest. */
  ports: Readonly<Record<number, number>>
  /** Everything that goes over its cable, as pcap. */
  heard: string
}

export class VirtualMachine {
  readonly #disk: Disk
  #child: ChildProcess | null = null
  #screen = ''

  constructor(t: Cleaner, disk: Disk) {
    this.#disk = disk
    copyFileSync(`${FIRMWARE}/OVMF_VARS_4M.fd`, join(disk.folder, 'vars.fd'))
    cleanUp(t, () => this.switchOff())
  }

  /** What stood on its serial console since it was switched on. */
  get screen(): string {
    return this.#screen
  }

  switchOn(): void {
    const { folder, image, ports, heard } = this.#disk
    const forwards = Object.entries(ports).map(
      ([inside, outside]) => `hostfwd=tcp:127.0.0.1:${outside}-:${inside}`,
    )
    const drive = (file: string, more: string): string[] => [
      '-drive',
      `format=raw,file=${file},${more}`,
    ]
    const machine = '-machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1536'
    const devices =
      '-device virtio-net-pci,netdev=n -object rng-random,id=r,filename=/dev/urandom -device virtio-rng-pci,rng=r'
    const child = spawn('qemu-system-x86_64', [
      ...`${machine} -nographic -no-reboot ${devices}`.split(' '),
      ...drive(`${FIRMWARE}/OVMF_CODE_4M.fd`, 'if=pflash,readonly=on'),
      ...drive(join(folder, 'vars.fd'), 'if=pflash'),
      ...drive(image, 'if=virtio'),
      '-netdev',
      `user,id=n,restrict=on,${forwards.join(',')}`,
      '-object',
      `filter-dump,id=f,netdev=n,file=${heard}`,
    ])
    this.#screen = ''
    child.stdout.on('data', (chunk: Buffer) => (this.#screen += chunk.toString('latin1')))
    child.stderr.on('data', (chunk: Buffer) => (this.#screen += chunk.toString('latin1')))
    this.#child = child
  }

  /** As when the power goes. */
  async switchOff(): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
    this.#child = null
  }

  ensureOn(): void {
    assert.equal(this.#child?.exitCode ?? null, null, this.#screen.slice(-2000))
  }
}
