// The state of a directory as bytes: what a newcomer begins with when its card's maker has signed the hash.
import { Directory } from '../../../protocol/directory.ts'
import { must, attempt, roundTrip, type Target } from '../../../scripts/fuzz/target.ts'
import { staffedWorld, type World } from '../../helpers/world.ts'

/** In which everything has happened that a state can hold. */
function livedIn(): World {
  const { world, owner, admin, member, coordinator } = staffedWorld()
  const second = world.join('Carla Chief', 'admin')
  world.keepRecords()
  world.tick(owner)
  world.revoke('device', member.id, owner)
  world.card(member.person, owner, { label: 'unused' })
  world.enrol(world.card(coordinator.person, coordinator), 'tablet')
  world.revoke('device', admin.id, owner, { second, voidFrom: world.directory.head.n })
  world.revoke('person', world.join('Leo Leaver', 'member').person, owner)
  return world
}

export const snapshot: Target = {
  name: 'snapshot',
  about: 'Directory.restore: the state that a checkpoint signs',
  sources: ['protocol/directory-snapshot.ts', 'protocol/codec.ts'],
  longest: 12_000,
  batch: 200,
  runs: 1500,
  open() {
    const [staffed, lived] = [staffedWorld().world, livedIn()]
    const rootPk = lived.root.pair.publicKey
    const restore = (bytes: Uint8Array) => Directory.restore(lived.org, rootPk, bytes)
    return {
      samples: [staffed, lived].map(({ directory }) => directory.snapshot()),
      run(input) {
        roundTrip('snapshot', input, restore, (directory) => directory.snapshot())
        const read = attempt(() => restore(input))
        if (read === null) return
        const { directory } = { directory: read.value }
        for (const { id, person } of directory.devices.values()) {
          must(directory.persons.has(person), 'a device is somebody’s')
          directory.deviceAt(id, directory.head.n)
        }
        must(directory.hashAt(directory.head.n) !== undefined, 'the head is a place')
        directory.trustedCount()
      },
    }
  },
}
