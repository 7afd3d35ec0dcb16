// What is rarely opened, in one file that is loaded when it is: each of them alone would cut what all screens share
// into many small files, and every start would fetch those one by one.
export { CardSheet } from './components/card-sheet.tsx'
export { CardScreen } from './screens/card.tsx'
export { CardsScreen } from './screens/cards.tsx'
export { ChangePerson } from './screens/change-person.tsx'
export { Compare } from './screens/compare.tsx'
export { DeviceScreen } from './screens/device.tsx'
export { ImportScreen } from './screens/import.tsx'
export { NightScreen } from './screens/night.tsx'
export { SearchScreen } from './screens/search.tsx'
