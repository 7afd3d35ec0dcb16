// Larger and smaller: a drawing on a phone is read in parts.
const STEPS = [1, 1.5, 2, 3, 4]

/** By the buttons; `+` and `-` do the same. */
export function zoomButtons(
  zoom: (factor: number) => void,
  names: { larger: string; smaller: string },
): HTMLElement[] {
  let at = 0
  const turn = (by: number): void => {
    at = Math.max(0, Math.min(STEPS.length - 1, at + by))
    zoom(STEPS[at] ?? 1)
    smaller.disabled = at === 0
    larger.disabled = at === STEPS.length - 1
  }
  const smaller = button('−', names.smaller, () => turn(-1))
  const larger = button('+', names.larger, () => turn(1))
  addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
    // The browser's own zoom.
    if (ctrlKey || metaKey) return
    if (key === '+') turn(1)
    if (key === '-') turn(-1)
  })
  turn(0)
  return [smaller, larger]
}

function button(sign: string, name: string, press: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = sign
  made.setAttribute('aria-label', name)
  made.addEventListener('click', press)
  return made
}
