// The oldest Node that is known to be safe to run a box on, in the one place that says so.
import { compareVersions } from '../protocol/release.ts'

/**
 * 26.12.1 is a security release: identity checks of TLS (CVE-2026-106069, -106072, -105483), NUL bytes in names
 * (CVE-2026-105482), Brotli (CVE-2026-111497).
 */
export const NODE_FLOOR = '26.12.1'

/** `version` as in `process.versions.node`. */
export function isBelowFloor(version: string): boolean {
  return compareVersions(version, NODE_FLOOR) < 0
}
