// Where a page begins: nothing of the app is even loaded where unsupported.js has said that this browser cannot run it.
import { engineWorker } from './engine-worker.ts'

if (!document.documentElement.hasAttribute('data-unsupported')) {
  engineWorker()
  void import('./main.tsx')
}
