// All attacks, whole, then all controls: each attack has to fail against the product, and to succeed without
// the check that stops it. Usage: npm run attacks [-- P5 M2 …] [--help]. Ends with 1 when one does not.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SUCCESS } from '../test/attacks/attack.ts'
import { type Control, CONTROLS } from '../test/attacks/controls.ts'
import { prove } from '../test/helpers/proof.ts'
import { type Outcome, runControl } from './attacks/run-control.ts'

const ROOT = join(import.meta.dirname, '..')
const WORKERS = 2

type Facts = Record<string, string | number | boolean>
type Told = { id: string; title: string; outcome: 'fails' | 'SUCCEEDS' | 'BROKEN' }
type Story = Told & { facts: Facts }
type Judged = { control: Control; outcome: Outcome }

/** The order of the list of attacks: P before M, then by number. */
function rank(id: string): number {
  return (id.startsWith('P') ? 0 : 1000) + Number(id.slice(1))
}

const wanted = (only: string[], id: string): boolean => only.length === 0 || only.includes(id)

/** Files of P are named by their number, `p07-…`; those of M hold several. */
const holds =
  (only: string[]) =>
  (file: string): boolean => {
    const own = idOf(file)
    const here = (id: string): boolean => (own === 'M0' ? id.startsWith('M') : id === own)
    return only.length === 0 || only.some(here)
  }

/** For a file that broke: P7 of `p07-…`, M of the others. */
function idOf(file: string): string {
  const number = /\/p(\d+)-/.exec(file)?.[1]
  return number === undefined ? 'M0' : `P${Number(number)}`
}

/** What each story counted, by its title. */
function factsIn(proof: string): Map<string, Facts> {
  const lines = readFileSync(proof, 'utf8').split('\n').filter(Boolean)
  return new Map(
    lines.map((line) => {
      const { title, id: _id, ...facts } = JSON.parse(line) as Facts
      return [String(title), facts]
    }),
  )
}

/** Leaves a line for each story and each control (test/helpers/proof.ts). */
function keep(stories: Story[], judged: Judged[]): void {
  for (const { id, title, outcome, facts } of stories)
    prove(id, title, { met: outcome === 'fails', ...facts })
  for (const { control, outcome } of judged)
    prove(control.attack, `control: it succeeds without ${control.without}`, {
      met: outcome === 'succeeds',
    })
}

/** One line of what the test runner says. */
function hear(stories: Told[], line: string): void {
  const [, not, id, title] = /^\s*(not )?ok \d+ - ([PM]\d+) (.*)$/.exec(line) ?? []
  const last = stories.at(-1)
  // A file that ended before its stories did: none of them has been told.
  const [, file] = /^not ok \d+ - (test\/attacks\/\S+)/.exec(line) ?? []
  if (file !== undefined) stories.push({ id: idOf(file), title: file, outcome: 'BROKEN' })
  if (id !== undefined && title !== undefined) {
    const outcome = not === undefined ? 'fails' : 'BROKEN'
    stories.push({ id, title, outcome })
    process.stderr.write(`${stories.length} ${outcome}: ${id} ${title}\n`)
  } else if (last?.outcome === 'BROKEN' && line.includes(SUCCESS)) last.outcome = 'SUCCEEDS'
}

/** Runs the stories and hears what the test runner says of each. */
function runStories(only: string[], proof: string): Promise<Told[]> {
  const files = globSync('test/attacks/{p,m}*.test.ts', { cwd: ROOT }).filter(holds(only))
  const pattern = only.length === 0 ? [] : [`--test-name-pattern=^(${only.join('|')}) `]
  const options = ['--test', '--test-reporter=tap', `--test-concurrency=${WORKERS}`, ...pattern]
  const child = spawn(process.execPath, [...options, ...files], {
    cwd: ROOT,
    env: { ...process.env, HOLDFAST_ATTACKS: 'whole', HOLDFAST_PROOF: proof },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stories: Told[] = []
  createInterface({ input: child.stdout }).on('line', (line) => hear(stories, line))
  return new Promise((resolve) => {
    child.on('close', () => resolve(stories))
  })
}

async function runControls(controls: Control[]): Promise<Judged[]> {
  const queue = [...controls]
  const judged: Judged[] = []
  const work = async (): Promise<void> => {
    for (let control = queue.shift(); control !== undefined; control = queue.shift()) {
      const outcome = await runControl(control)
      judged.push({ control, outcome })
      const { attack, without } = control
      process.stderr.write(
        `${judged.length} of ${controls.length}  ${attack} ${outcome}: ${without}\n`,
      )
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  return judged
}

function row(id: string, outcome: string, text: string): void {
  process.stdout.write(`${id.padEnd(5)}${outcome.padEnd(11)}${text}\n`)
}

function shown(facts: Facts): string {
  const text = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`)
  return text.length === 0 ? '' : `  (${text.join(', ')})`
}

function print(stories: Story[], judged: Judged[]): void {
  const ids = [
    ...new Set(
      [...stories, ...judged.map(({ control }) => ({ id: control.attack }))].map(({ id }) => id),
    ),
  ]
  for (const id of ids.toSorted((a, b) => rank(a) - rank(b))) {
    for (const one of stories.filter((story) => story.id === id))
      row(id, one.outcome, `${one.title}${shown(one.facts)}`)
    for (const { control, outcome } of judged.filter((one) => one.control.attack === id)) {
      const told = outcome === 'succeeds' ? 'succeeds' : outcome.toUpperCase()
      row('', told, `without ${control.without}`)
    }
  }
}

async function main(only: string[]): Promise<number> {
  if (only.some((id) => !/^[PM]\d+$/.test(id))) {
    process.stdout.write('npm run attacks [-- P5 M2 …]: all of them, or those named\n')
    return only.includes('--help') ? 0 : 2
  }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-attacks-'))
  const proof = join(folder, 'proof.jsonl')
  const told = await runStories(only, proof)
  const facts = factsIn(proof)
  rmSync(folder, { recursive: true })
  const stories = told.map((one) => ({ ...one, facts: facts.get(one.title) ?? {} }))
  const judged = await runControls(CONTROLS.filter(({ attack }) => wanted(only, attack)))
  print(stories, judged)
  keep(stories, judged)
  const good = stories.filter(({ outcome }) => outcome === 'fails').length
  const biting = judged.filter(({ outcome }) => outcome === 'succeeds').length
  process.stdout.write(
    `\n${good} of ${stories.length} stories: the attack fails. ${biting} of ${judged.length} controls: it succeeds without the check.\n`,
  )
  return stories.length > 0 && good === stories.length && biting === judged.length ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
