// Waiting to be ended, for verbs whose work are timers and sockets. It begins before they say that they are ready:
// whoever reads that may end them at once.

export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    // Timers and sockets of the work may hold nothing open by themselves.
    const stay = setInterval(() => {}, 60 * 60_000)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        clearInterval(stay)
        resolve()
      })
  })
}
