// Loaded into a box with --import: its wall clock is wrong by as many milliseconds as the file SKEW_FILE says
// at the moment. The monotonic clock stays right.
import { readFileSync } from 'node:fs'

const LOOK = 20
const real = Date.now
let wrong = 0
let looked = -LOOK

Date.now = () => {
  const passed = performance.now()
  if (passed - looked >= LOOK) {
    looked = passed
    try {
      wrong = Number(readFileSync(process.env.SKEW_FILE ?? '', 'utf8')) || 0
    } catch {
      // Just being written.
    }
  }
  return real() + wrong
}
