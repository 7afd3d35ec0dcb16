// The frame around every screen: where this device stands decides what there is to see.
import { useEffect, useRef } from 'preact/hooks'
import { LocationProvider, Route, Router } from 'preact-iso'
import { AlertTakeover } from './components/alert-takeover.tsx'
import { useBackground } from './background.ts'
import { Frame } from './components/frame.tsx'
import { later } from './components/later.tsx'
import { useView } from './link.ts'
import { guardChanged } from './guard-watch.ts'
import { keepStorage, rememberJoining, wasHere } from './platform.ts'
import { clearNotices, fallSilent, renew } from './push.ts'
import { AlertScreen } from './screens/alert.tsx'
import { ChannelsScreen } from './screens/channels.tsx'
import { Enrol } from './screens/enrol.tsx'
import { Locked } from './screens/locked.tsx'
import { NewAlert } from './screens/new-alert.tsx'
import { NowScreen } from './screens/now.tsx'
import { Opening } from './screens/opening.tsx'
import { PeopleScreen } from './screens/people.tsx'
import { Stopped } from './screens/stopped.tsx'

const AboutScreen = later(async () => (await import('./seldom.ts')).AboutScreen)
const SettingsScreen = later(async () => (await import('./seldom.ts')).SettingsScreen)
const NewChannel = later(async () => (await import('./seldom.ts')).NewChannel)
const RootKey = later(async () => (await import('./seldom.ts')).RootKey)
const Welcome = later(async () => (await import('./seldom.ts')).Welcome)
const CardScreen = later(async () => (await import('./seldom.ts')).CardScreen)
const CardsScreen = later(async () => (await import('./seldom.ts')).CardsScreen)
const ImportScreen = later(async () => (await import('./seldom.ts')).ImportScreen)
const ChangePerson = later(async () => (await import('./seldom.ts')).ChangePerson)
const Compare = later(async () => (await import('./seldom.ts')).Compare)
const SearchScreen = later(async () => (await import('./seldom.ts')).SearchScreen)
const NightScreen = later(async () => (await import('./seldom.ts')).NightScreen)
const DeviceScreen = later(async () => (await import('./seldom.ts')).DeviceScreen)

export function App() {
  const seen = useView('stage', undefined).value
  const known = seen.state === 'there' ? seen.value.stage : null
  useForgetting(known)
  useMark(known)
  if (guardChanged.value) return <Stopped reason="app_changed" />
  if (seen.state === 'refused') return <Stopped reason={seen.error.code} />
  // Who is new here does not wait for what is stored.
  if (seen.state === 'waiting' || seen.value.stage === 'opening')
    return wasHere() ? <Opening /> : <Enrol />
  const { stage, reason, root, welcome, lock, org } = seen.value
  if (stage === 'stopped') return <Stopped reason={reason ?? 'internal'} />
  if (stage === 'fresh') return <Enrol />
  if (stage === 'locked') return <Locked lock={lock} />
  if (root !== null) return <RootKey root={root} org={org} />
  if (welcome) return <Welcome org={org} />
  return <Joined />
}

/** What was on the screen when the device was locked must not stay in this page's memory, nor in what was notified. */
function useForgetting(stage: string | null): void {
  const before = useRef(stage)
  useEffect(() => {
    if (before.current === 'ready' && stage === 'locked')
      void clearNotices()
        .catch(() => {})
        .finally(() => location.reload())
    // Cleared after too many wrong tries, or by the browser.
    if (stage === 'fresh') void fallSilent()
    before.current = stage
  }, [stage])
}

/** The next start of this browser waits for the device instead of greeting somebody new. */
function useMark(stage: string | null): void {
  useEffect(() => {
    if (stage === 'ready' || stage === 'locked') rememberJoining()
  }, [stage])
}

function Joined() {
  useBackground()
  // Offline it cannot be told; the next start does.
  useEffect(() => {
    keepStorage()
    void renew().catch(() => {})
  }, [])
  return (
    <LocationProvider>
      <Frame>
        <Router>
          <Route path="/" component={NowScreen} />
          <Route path="/channels" component={ChannelsScreen} />
          <Route path="/channels/new" component={NewChannel} />
          <Route path="/channels/:channel" component={ChannelsScreen} />
          <Route path="/alerts/new" component={NewAlert} />
          <Route path="/alerts/:alert" component={AlertScreen} />
          <Route path="/people" component={PeopleScreen} />
          <Route path="/people/new" component={CardScreen} />
          <Route path="/people/import" component={ImportScreen} />
          <Route path="/people/cards" component={CardsScreen} />
          <Route path="/people/:person" component={PeopleScreen} />
          <Route path="/people/:person/change" component={ChangePerson} />
          <Route path="/people/:person/compare" component={Compare} />
          <Route path="/search" component={SearchScreen} />
          <Route path="/settings" component={SettingsScreen} />
          <Route path="/settings/night" component={NightScreen} />
          <Route path="/settings/device" component={DeviceScreen} />
          <Route path="/about" component={AboutScreen} />
          <Route default component={NowScreen} />
        </Router>
      </Frame>
      <AlertTakeover />
    </LocationProvider>
  )
}
