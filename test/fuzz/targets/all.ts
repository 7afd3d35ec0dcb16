// Every target by name. Each is loaded on its own, so that V8 counts only what the target needs.
import type { Target } from '../../../scripts/fuzz/target.ts'

export const TARGETS = {
  entry: async () => (await import('./entries.ts')).entry,
  fields: async () => (await import('./entries.ts')).fields,
  payload: async () => (await import('./entries.ts')).payload,
  content: async () => (await import('./entries.ts')).content,
  outside: async () => (await import('./outside.ts')).outside,
  sealed: async () => (await import('./sealed.ts')).sealed,
  frames: async () => (await import('./travel.ts')).frames,
  api: async () => (await import('./travel.ts')).api,
  texts: async () => (await import('./travel.ts')).texts,
  snapshot: async () => (await import('./snapshot.ts')).snapshot,
  directory: async () => (await import('./directory.ts')).directory,
  channel: async () => (await import('./channel.ts')).channel,
  answers: async () => (await import('./answers.ts')).answers,
  intake: async () => (await import('./intake.ts')).intake,
  rows: async () => (await import('./stored.ts')).rows,
  stored: async () => (await import('./stored.ts')).stored,
  roster: async () => (await import('./roster.ts')).roster,
  'gateway-config': async () => (await import('./gateway.ts')).gatewayConfig,
  webhook: async () => (await import('./gateway.ts')).webhook,
  arguments: async () => (await import('./arguments.ts')).args,
  http: async () => (await import('./http.ts')).http,
  release: async () => (await import('./release.ts')).release,
  'box-database': async () => (await import('./databases.ts')).boxDatabase,
  'device-database': async () => (await import('./databases.ts')).deviceDatabase,
} as const satisfies Record<string, () => Promise<Target>>
