// What the directory says of a person, to type.
import type { View } from '../../device/wire.ts'
import { seldomWords } from '../words.ts'

type Profile = NonNullable<View<'person'>>['profile']
export type ProfileField = keyof Profile
/** What a phone offers to type with. */
const KEYBOARDS: Partial<Record<ProfileField, 'tel' | 'email'>> = { mobile: 'tel', mail: 'email' }

export const EMPTY_PROFILE: Profile = {
  name: '',
  mobile: '',
  mail: '',
  department: '',
  site: '',
  title: '',
}

type Props = {
  fields: readonly ProfileField[]
  profile: Profile
  change: (profile: Profile) => void
}

export function ProfileFields({ fields, profile, change }: Props) {
  return (
    <>
      {fields.map((field) => (
        <label key={field} class="field">
          <span>{seldomWords().invite.fields[field]()}</span>
          <input
            value={profile[field]}
            inputMode={KEYBOARDS[field] ?? 'text'}
            autocomplete="off"
            onInput={(event) => change({ ...profile, [field]: event.currentTarget.value })}
          />
        </label>
      ))}
    </>
  )
}
