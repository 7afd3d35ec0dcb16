// What goes into the image: the executable and the libraries that it is linked to, from this machine.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Fills `folder`/root. Throws where the libraries cannot be found. */
export function containerContext(program: string, folder: string): void {
  const root = join(folder, 'root')
  rmSync(root, { recursive: true, force: true })
  for (const file of [...librariesOf(program), program]) {
    const to = join(root, file === program ? 'holdfast' : file)
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(file, to)
  }
  mkdirSync(join(root, 'data'), { recursive: true })
  // Whoever runs it: a volume that is made from here belongs to nobody in particular.
  chmodSync(join(root, 'data'), 0o1777)
}

/** Paths, as the loader finds them. */
function librariesOf(program: string): string[] {
  const { stdout, status } = spawnSync('ldd', [program], { encoding: 'utf8' })
  const found = [...stdout.matchAll(/(?:=> |^\s)(\/\S+)/gm)].map(([, path = '']) => path)
  if (status !== 0 || found.length === 0) throw new Error(`ldd ${program} finds no libraries`)
  return found
}
