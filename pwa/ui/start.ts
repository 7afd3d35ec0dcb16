// Where a page begins: nothing of the app is even loaded where unsupported.js has said that this browser cannot run it.
if (!document.documentElement.hasAttribute('data-unsupported')) void import('./main.tsx')
