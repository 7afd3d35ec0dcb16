// Loaded into a box with --import: its event loop stands still for 200 ms, again and again.
setInterval(() => {
  const until = performance.now() + 200
  while (performance.now() < until);
}, 400).unref()
