// Where a page begins: nothing of the app is even loaded where unsupported.js has said that this browser cannot run it.
import { engineWorker } from './engine-worker.ts'
import { wasHere } from './platform.ts'

if (!document.documentElement.hasAttribute('data-unsupported')) {
  // Whoever is new here reads the start page first, which needs nothing that is stored.
  if (wasHere()) engineWorker()
  void import('./main.tsx')
}
