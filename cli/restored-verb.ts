// Administrators say that the box was brought back from a backup.
import { pull } from '../client/pull.ts'
import { sayRestored } from '../client/restored.ts'
import { rootPair, ROOT, STATE, withDevice } from './device.ts'
import { sayProposal } from './people-verbs.ts'
import type { Verb } from './verb.ts'

export const restored: Verb = {
  usage: 'restored --state DIR',
  summary: 'Says, as an administrator, that the box was brought back from a backup.',
  help: `
After holdfast restore the box takes back what its devices still hold, and nothing new. Let the devices of those who
wrote last come by (they do so by themselves when they are opened), then say that it goes on from here:
  holdfast restored --state ./olga
Where there are two administrators it takes both: the second one signs with holdfast cosign, or the root key does.`,
  options: { ...STATE, ...ROOT },
  positionals: [0, 0],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const proposal = await sayRestored(core, rootPair(args))
      const { n } = core.replica.directory.head
      args.out.result(
        { directory: n, ...(proposal === null ? {} : { proposal }) },
        proposal === null ? 'The box goes on from here.' : 'It waits for the second signature.',
      )
      if (proposal !== null) sayProposal(args, proposal)
    })
  },
}
