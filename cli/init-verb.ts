// Preparing an organisation on the box, with the card of its first owner.
import { ensure } from '../protocol/errors.ts'
import { idText } from '../protocol/ids.ts'
import type { Config } from '../server/config.ts'
import { prepareData } from '../server/context.ts'
import { foundOrganisation } from '../server/found.ts'
import { optionsOf } from './box-options.ts'
import { addressOf, CERTIFICATE_OPTIONS, settingsOf } from './box-settings.ts'
import { cardText } from './paper.ts'
import type { Verb } from './verb.ts'

/** Throws `usage` for names that are too long. The folder is free of other boxes. */
export async function found(
  settings: Config,
  org: string,
  owner: string,
): Promise<{ org: string; card: string }> {
  ensure(
    Buffer.byteLength(org) <= 120 && Buffer.byteLength(owner) <= 120,
    'usage',
    'names have at most 120 bytes',
  )
  const unlock = prepareData(settings.data)
  try {
    const made = await foundOrganisation(settings.data, org, owner, addressOf(settings))
    return { org: idText(made.org), card: made.card }
  } finally {
    unlock()
  }
}

export const init: Verb = {
  usage: 'init --data DIR --org NAME --owner NAME',
  summary: 'Prepares an organisation and its founding card.',
  help: `
The card is shown once; the box keeps only what a used card needs. Then:
  holdfast serve --data DIR
  holdfast join CARD --box URL --state ~/holdfast-owner`,
  options: {
    ...optionsOf('data', 'listen', 'origin', ...CERTIFICATE_OPTIONS),
    org: { type: 'string', value: 'NAME', help: 'name of the organisation' },
    owner: { type: 'string', value: 'NAME', help: 'name of the first owner' },
  },
  positionals: [0, 0],
  async run(args) {
    const { box: settings } = settingsOf(args)
    const made = await found(
      settings,
      args.need('org', 'the organisation'),
      args.need('owner', 'the first owner'),
    )
    args.out.result(
      made,
      cardText(made.card, addressOf(settings), args.need('owner', 'the first owner')),
    )
  },
}
