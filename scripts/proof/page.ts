// docs/PROOF.md out of what the runs have written down (docs/proof/PART.jsonl). Nothing else goes into it.

export const PARTS = [
  'attacks',
  'second-reader',
  'faults',
  'scale',
  'fuzz',
  'coverage',
  'mutation',
  'mutation-client',
  'bench',
] as const
export type Part = (typeof PARTS)[number]

/** When and where a part was run: the first line of its file. */
export type Header = {
  command: string
  date: string
  commit: string
  machine: string
  load: string
}

/**
 * One line of proof: without `met` it has held, or it would not have been written. With a `reason` it is something
 * that is left, for that reason.
 */
export type Line = { id: string; title: string; met?: boolean; reason?: string } & Record<
  string,
  unknown
>

export type Run = { header: Header; lines: Line[] }

const numbered = (letter: string, numbers: readonly number[]): string[] =>
  numbers.map((number) => `${letter}${number}`)

/** What has to be shown; an id without a line is named on the page as not shown. */
export const EXPECTED: Record<Part, readonly string[]> = {
  attacks: [
    ...numbered(
      'P',
      Array.from({ length: 20 }, (_, i) => i + 1),
    ),
    ...numbered(
      'M',
      Array.from({ length: 10 }, (_, i) => i + 1),
    ),
  ],
  faults: numbered('F', [1, 2, 3, 4, 5, 6, 8, 13, 14, 15, 16, 19, 20, 22, 23, 26]),
  'second-reader': ['vectors', 'objects'],
  scale: numbered('S', [1, 2, 3, 4, 5]),
  fuzz: [],
  coverage: ['protocol', 'client', 'server/store'],
  mutation: ['protocol'],
  'mutation-client': ['client'],
  bench: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
}

const TITLES: Record<Part, string> = {
  attacks: 'Attacks and their controls',
  faults: 'Faults',
  scale: 'Sizes: ten thousand devices, two GiB',
  'second-reader': 'A second reader, from PROTOCOL.md alone',
  fuzz: 'Fuzzing',
  coverage: 'Branch coverage',
  mutation: 'Mutation of protocol/: each check taken out',
  'mutation-client': 'Mutation of client/: each check taken out',
  bench: 'Figures',
}

/** The id that is expected: a figure counts for its letter. */
export function expectedId(part: Part, { id }: Line): string {
  if (part !== 'bench') return id
  return id.replace('BENCH-', '').slice(0, 1)
}

function cell(value: unknown): string {
  return String(value)
    .replaceAll('|', String.raw`\|`)
    .replaceAll('\n', ' ')
}

function facts(line: Line): string {
  const { id: _id, title: _title, met: _met, outcome: _outcome, reason, ...rest } = line
  if (reason !== undefined) return reason
  return Object.entries(rest)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}

const isLeft = ({ reason }: Line): boolean => reason !== undefined

function row(line: Line): string {
  const met = line.met === false ? '**no**' : isLeft(line) ? 'left' : 'yes'
  return `| ${[line.id, line.title, met, facts(line)].map(cell).join(' | ')} |`
}

/** By letters, then by numbers, so that P10 comes after P9. */
const byId = (a: Line, b: Line): number => a.id.localeCompare(b.id, 'en', { numeric: true })

function missing(part: Part, lines: readonly Line[]): string[] {
  const shown = new Set(lines.map((line) => expectedId(part, line)))
  return EXPECTED[part].filter((id) => !shown.has(id))
}

function section(part: Part, run: Run | undefined): string {
  const title = `## ${TITLES[part]}\n`
  if (run === undefined) {
    const all = EXPECTED[part].length === 0 ? '' : `: ${EXPECTED[part].join(', ')}`
    return `${title}\nNot shown yet${all}.\n`
  }
  const { header, lines } = run
  const left = missing(part, lines)
  const asked = lines.filter((line) => !isLeft(line))
  const met = asked.filter((line) => line.met !== false).length
  const rest = lines.length === asked.length ? '' : ` Left: ${lines.length - asked.length}.`
  const where = `\`${header.command}\` on ${header.date} at ${header.commit}, ${header.machine}, load ${header.load}.`
  const table = ['| id | what | met | counted |', '|---|---|---|---|']
  return [
    title,
    `${where} Met: ${met} of ${asked.length}.${rest}${left.length === 0 ? '' : ` **Not shown: ${left.join(', ')}.**`}`,
    '',
    ...table,
    ...lines.toSorted(byId).map(row),
    '',
  ].join('\n')
}

/** The whole page. */
export function page(runs: Partial<Record<Part, Run>>): string {
  const head = `# What is shown, by what

Made by \`npm run proof\` from the lines that the runs below wrote (\`docs/proof/\`); nothing here is typed by hand.
What failed wrote no line, or one that says no. The load is that of the machine when the run began: timings of a
loaded machine mean little.
`
  return [head, ...PARTS.map((part) => section(part, runs[part]))].join('\n')
}
