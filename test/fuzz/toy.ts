// For the test of the engine: a fault behind four bytes, which chance alone would find once in four billion.
export function toy(input: Uint8Array): void {
  if (input[0] !== 0x66) return
  if (input[1] !== 0x75) return
  if (input[2] !== 0x7a) return
  if (input[3] === 0x7b) throw new RangeError('the fault')
}
