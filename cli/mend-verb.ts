// Mending a box whose database is damaged, where there is no backup, or none that is as new.
import { statSync } from 'node:fs'
import { type Mended, mend } from '../provisioning/operate/mend.ts'
import { MAX_REST } from '../protocol/api.ts'
import { optionsOf } from './box-options.ts'
import { ensureFounded, settingsOf } from './box-settings.ts'
import type { Verb } from './verb.ts'

export const mendBox: Verb = {
  usage: 'mend --data DIR',
  summary: 'Keeps what is whole of a damaged database, and lets the phones bring back the rest.',
  help: `
Stop the box first. As root it works as the owner of DIR. Nothing is thrown away: what is damaged lies in DIR/damaged-… afterwards.
Where it says that too little can be read, a backup is the way: holdfast restore.
What follows is the same as after a restore: phones bring back what came later, and administrators confirm it.`,
  options: optionsOf('data'),
  positionals: [0, 0],
  async run(args) {
    const { box } = settingsOf(args)
    ensureFounded(box.data)
    becomeOwnerOf(box.data)
    let told: Mended[] = []
    await mend(box.data, Date.now(), (one) => {
      told = [...told, one]
      args.out.result(one, sentence(one))
    })
    args.out.note(
      told.length === 0
        ? 'Nothing is damaged, and nothing was changed.'
        : told.some(lacks)
          ? 'Next: start the box, and go on with "After a restore" in RUNBOOK.md.'
          : 'Next: start the box. Nobody has to confirm anything.',
    )
  },
}

/** Root would leave files that the box cannot read, and follow links that whoever has taken the box over has laid. */
function becomeOwnerOf(folder: string): void {
  const { uid, gid } = statSync(folder)
  if (process.getuid?.() !== 0 || uid === 0) return
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

/** Something has to come back, and to be confirmed. */
const lacks = ({ logs }: Mended): boolean => (logs ?? []).some(({ kept, of }) => kept < of)

function sentence({ org, logs, files, aside }: Mended): string {
  const kept = (logs ?? []).reduce((sum, one) => sum + one.kept, 0)
  const all = (logs ?? []).reduce((sum, one) => sum + one.of, 0)
  const entries = logs === null ? 'all entries are whole' : `${kept} of ${all} entries stand`
  const bare = (logs ?? []).reduce((sum, one) => sum + one.wordless, 0)
  const words = bare === 0 ? '' : `; of ${bare} the words are on the phones alone`
  const far = (logs ?? []).some((one) => one.of - one.kept > MAX_REST)
  const more = far
    ? `; phones bring back at most ${MAX_REST} of a log: a late backup may hold more`
    : ''
  const gone = files === 0 ? '' : `; ${files} files are damaged and have to be sent again`
  return `Organisation ${org}: ${entries}${words}${more}${gone}. What was damaged lies in ${aside}`
}
