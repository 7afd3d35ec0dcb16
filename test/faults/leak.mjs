// Loaded into a box with --import: it takes more and more memory, in small steps, until there is none.
// LEAK_OF is `heap`, or `buffers` for memory outside of V8's own.
const kept = []
const step =
  process.env.LEAK_OF === 'buffers'
    ? () => kept.push(Buffer.alloc(8 * 1024 * 1024, 1))
    : () => kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })))
setTimeout(() => setInterval(step, 5).unref(), 500).unref()
