// This device: its keys, what it stores, and my data as a file.
import { ExportData } from '../components/export-data.tsx'
import { KeysInfo } from '../components/keys-info.tsx'
import { Head } from '../components/screen.tsx'
import { StorageInfo } from '../components/storage-info.tsx'
import { useValue } from '../link.ts'
import { words } from '../words.ts'

export function DeviceScreen() {
  const keys = useValue('keys', undefined)
  const title = words().settings.device()
  if (keys === undefined) return <Head title={title} back="/settings" />
  return (
    <div class="column">
      <Head title={title} back="/settings" />
      <KeysInfo keys={keys} />
      <ExportData />
      {/* The last: how much there is takes a while to count. */}
      <StorageInfo />
    </div>
  )
}
