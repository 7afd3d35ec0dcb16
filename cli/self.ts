// This very program, to be started once more with another verb.
import { isSea } from 'node:sea'

export function selfCommand(): string[] {
  return isSea()
    ? [process.execPath]
    : [process.execPath, ...process.execArgv, process.argv[1] ?? '']
}
