// The sizes that Holdfast promises, at full size: an audience of ten thousand devices, a newcomer among ten
// thousand persons, a file of two GiB. Usage: npm run scale [-- --quick] [--only segments,sync,file] [--help]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MAX_AUDIENCE_PERSONS } from '../protocol/limits.ts'
import { enrolCrowd } from './bench/stage.ts'
import { buildBox } from './build-box.ts'
import { CountingNetwork } from './scale/counting-network.ts'
import { firstSync } from './scale/first-sync.ts'
import { largeFile } from './scale/large-file.ts'
import { givePrekeys } from './scale/prekeys.ts'
import { segments } from './scale/segments.ts'
import { MIB } from './scale/tell.ts'

const HELP = `npm run scale [-- OPTIONS]
  --only a,b   segments, sync, file
  --quick      small sizes: shows that it works, its figures mean nothing
  --help       this text
Ends with 1 when a bound does not hold. Needs 7 GiB of disk for the file.
`
const FEW = 20

async function main(argv: string[]): Promise<number> {
  const options = {
    only: { type: 'string' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const quick = values.quick === true
  const only = (values.only ?? 'segments,sync,file').split(',')
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scale-'))
  const met: boolean[] = []
  try {
    const built = await buildBox(join(folder, 'holdfast'))
    if (only.includes('segments') || only.includes('sync'))
      met.push(await withCrowds(only, quick, built, folder))
    if (only.includes('file'))
      met.push(await largeFile(built, folder, quick ? 40 * MIB : 2048 * MIB))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return met.every(Boolean) ? 0 : 1
}

async function withCrowds(
  only: string[],
  quick: boolean,
  built: string,
  folder: string,
): Promise<boolean> {
  const size = quick ? 600 : MAX_AUDIENCE_PERSONS
  process.stderr.write(`Enrolling ${size} devices…\n`)
  const network = new CountingNetwork()
  const many = await enrolCrowd(size - 1, network)
  const few = await enrolCrowd(FEW)
  try {
    await givePrekeys(many)
    const first = !only.includes('segments') || (await segments(many, network))
    return (!only.includes('sync') || (await firstSync(built, folder, few, many))) && first
  } finally {
    for (const { box, data } of [many, few]) {
      await box.stop()
      rmSync(data, { recursive: true, force: true })
    }
  }
}

process.exitCode = await main(process.argv.slice(2))
