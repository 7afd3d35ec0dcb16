// The sound of an alert while the app is open: two tones, made here. A browser plays nothing before somebody
// has touched the page once; the screen does not depend on it.
const TONES = { live: [780, 1040], exercise: [520, 520] } as const
const STEP = 0.55
const LOUD = 0.35

/** Returns how to stop it. */
export function startSiren(exercise: boolean): () => void {
  const context = new AudioContext()
  const tone = new OscillatorNode(context, { type: exercise ? 'sine' : 'square' })
  const volume = new GainNode(context, { gain: LOUD })
  tone.connect(volume).connect(context.destination)
  const [low, high] = exercise ? TONES.exercise : TONES.live
  let at = context.currentTime
  const plan = (): void => {
    // A few seconds ahead, so that a busy page leaves no gap.
    while (at < context.currentTime + 4) {
      tone.frequency.setValueAtTime(low, at)
      tone.frequency.setValueAtTime(high, at + STEP)
      volume.gain.setValueAtTime(exercise ? 0 : LOUD, at + STEP)
      volume.gain.setValueAtTime(LOUD, at + 2 * STEP)
      at += 2 * STEP
    }
  }
  plan()
  tone.start()
  const planning = setInterval(plan, 1000)
  return () => {
    clearInterval(planning)
    void context.close()
  }
}
