// What is rarely opened, in one file that is loaded when it is: each of them alone would cut what all screens share
// into many small files, and every start would fetch those one by one.
import { speakSeldom } from './words.ts'

await speakSeldom()

export { CardScreen } from './screens/card.tsx'
export { CardsScreen } from './screens/cards.tsx'
export { ChangePerson } from './screens/change-person.tsx'
export { Compare } from './screens/compare.tsx'
export { DeviceScreen } from './screens/device.tsx'
export { Join } from './screens/join.tsx'
export { ImportScreen } from './screens/import.tsx'
export { NightScreen } from './screens/night.tsx'
export { Person } from './components/person.tsx'
export { SearchScreen } from './screens/search.tsx'
export { AboutScreen } from './screens/about.tsx'
export { SettingsScreen } from './screens/settings.tsx'
export { NewChannel } from './screens/new-channel.tsx'
export { RootKey } from './screens/root-key.tsx'
export { Welcome } from './screens/welcome.tsx'
export { VoiceNote } from './components/voice-note.tsx'
export { WhoHasIt } from './components/who-has-it.tsx'
export { FileView } from './components/file-view.tsx'
