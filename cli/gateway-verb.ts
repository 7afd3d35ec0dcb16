import type { Verb } from './verb.ts'
export const gateway: Verb = {
  usage: 'gateway --config FILE',
  summary: 'Turns webhooks of monitoring systems into alerts.',
  help: '',
  options: {},
  positionals: [0, 0],
  run: async () => {},
}
