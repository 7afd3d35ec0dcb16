// This device: its keys, what it stores, and my data as a file.
import { ExportData } from '../components/export-data.tsx'
import { KeysInfo } from '../components/keys-info.tsx'
import { Head } from '../components/screen.tsx'
import { StorageInfo } from '../components/storage-info.tsx'
import { words } from '../words.ts'

export function DeviceScreen() {
  return (
    <div class="column">
      <Head title={words().settings.device()} back="/settings" />
      <KeysInfo />
      <StorageInfo />
      <ExportData />
    </div>
  )
}
