// The log of the box: lines of JSON on standard error, which the journal or a container keeps and rotates.
import { type Logger, pino } from 'pino'
import type { Config } from './config.ts'

export type { Logger } from 'pino'

export const systemLog = (level: Config['logLevel']): Logger => pino({ level }, pino.destination(2))
