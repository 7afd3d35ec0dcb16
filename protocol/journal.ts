// What lets a batch be all or nothing in memory too: every change of a state goes through the journal,
// which knows how to take it back.
import type { IdMap } from './ids.ts'

export class Journal {
  readonly #undo: (() => void)[] = []

  /** A place to roll back to. */
  mark(): number {
    return this.#undo.length
  }

  rollback(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.()
  }

  /** What happened so far is final. */
  settle(): void {
    this.#undo.length = 0
  }

  set<K extends Uint8Array, V>(map: IdMap<K, V>, key: K, value: V): void {
    const before = map.get(key)
    this.#undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)))
    map.set(key, value)
  }

  unset<K extends Uint8Array, V>(map: IdMap<K, V>, key: K): void {
    const before = map.get(key)
    if (before !== undefined) this.#undo.push(() => map.set(key, before))
    map.delete(key)
  }

  push<V>(array: V[], value: V): void {
    this.#undo.push(() => array.pop())
    array.push(value)
  }

  assign<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
    const before = target[key]
    this.#undo.push(() => {
      target[key] = before
    })
    target[key] = value
  }
}
