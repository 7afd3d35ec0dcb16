// The roles, each with what it may do.
import type { View } from '../../device/wire.ts'
import { seldomWords, words } from '../words.ts'

export type RoleName = View<'people'>[number]['role']
export const ROLES = ['member', 'coordinator', 'admin', 'owner', 'guest'] as const

type Props = { title: string; role: RoleName; choose: (role: RoleName) => void }

export function RoleChoice({ title, role, choose }: Props) {
  const { people } = words()
  const { invite } = seldomWords()
  return (
    <fieldset class="options">
      <legend>{title}</legend>
      {ROLES.map((one) => (
        <label key={one} class="option">
          <input type="radio" name="role" checked={role === one} onChange={() => choose(one)} />
          <span>
            <strong>{people.roles[one]()}</strong> <span class="note">{invite.roles[one]()}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
