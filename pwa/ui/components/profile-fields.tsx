// What the directory says of a person, to type.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { dialOf } from '../telephone.ts'
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

/** It is taken all the same: what a directory has to say may be an extension, or nothing yet. */
function isOdd(field: ProfileField, value: string): boolean {
  if (value === '') return false
  if (field === 'mobile') return dialOf(value) === null
  return field === 'mail' && !/^[^\s@]+@[^\s@]+$/.test(value)
}

type Props = {
  fields: readonly ProfileField[]
  profile: Profile
  change: (profile: Profile) => void
}

export function ProfileFields({ fields, profile, change }: Props) {
  const [typing, setTyping] = useState<ProfileField | null>(null)
  return (
    <>
      {fields.map((field) => {
        const odd = typing !== field && isOdd(field, profile[field].trim())
        return (
          <div key={field}>
            <label class="field">
              <span>{seldomWords().invite.fields[field]()}</span>
              <input
                value={profile[field]}
                inputMode={KEYBOARDS[field] ?? 'text'}
                autocomplete="off"
                aria-describedby={`odd-${field}`}
                onFocus={() => setTyping(field)}
                onBlur={() => setTyping(null)}
                onInput={(event) => change({ ...profile, [field]: event.currentTarget.value })}
              />
            </label>
            <p id={`odd-${field}`} class={odd ? 'note bad' : 'unseen'} role="status">
              {odd && seldomWords().invite.odd()}
            </p>
          </div>
        )
      })}
    </>
  )
}
