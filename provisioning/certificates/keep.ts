// The keeper at work: beside the box in one process, or as a process of its own that alone may reach the authority.
import type { Logger } from '../../server/log.ts'
import { openTrustDoor, type TrustDoor } from '../trust/door.ts'
import { Keeper } from './keeper.ts'
import type { CertificateSettings } from './settings.ts'

/** How often something may be due. */
const INTERVAL = 10 * 60_000

export type Kept = {
  /** Chain and key of the box, in one file. */
  file: string
  /** With a private authority: what phones are guided by, where it is wanted. */
  door: TrustDoor | null
  stop(): Promise<void>
}

/**
 * Resolves when there is a certificate. `renewed`: there is another one. Throws what stands in the way of the first,
 * unless it is `patient`.
 */
export async function keepCertificates(
  settings: CertificateSettings,
  log: Logger,
  renewed: () => void,
  patient = false,
): Promise<Kept> {
  const keeper = new Keeper(settings, {
    now: () => Date.now(),
    renewed: (leaf) => {
      log.info({ until: leaf.validTo, names: leaf.subjectAltName }, 'certificate made')
      renewed()
    },
    failed: (error, until) => tellFailure(log, error, until),
  })
  // Whoever only keeps tries again later and later: an authority turns away who asks too often.
  await (patient ? keeper.look() : keeper.begin())
  const door = await openDoor(settings)
  const timer = setInterval(() => void keeper.look(), INTERVAL).unref()
  return {
    file: keeper.file,
    door,
    async stop() {
      clearInterval(timer)
      await door?.close()
    },
  }
}

async function openDoor({
  trust,
  folder,
  address,
}: CertificateSettings): Promise<TrustDoor | null> {
  return trust === null ? null : openTrustDoor({ ...trust, folder, address })
}

function tellFailure(log: Logger, err: unknown, until: Date | null): void {
  const days = until === null ? 0 : Math.floor((until.getTime() - Date.now()) / 86_400_000)
  log.error({ err, days }, 'the certificate could not be renewed; it is good for some days more')
}
