// A file's name as it stands on screens and in folders, whoever has chosen it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainName } from '../../client/file-name.ts'

test('A name leads into no other folder and hides nothing', () => {
  const names: [string, string][] = [
    ['Lageplan Süd.pdf', 'Lageplan Süd.pdf'],
    ['../../.ssh/authorized_keys', '__.._.ssh_authorized_keys'],
    ['.bashrc', '_bashrc'],
    ['C:\\Windows\\x', 'C__Windows_x'],
    ['rechnung\u202efdp.exe', 'rechnung_fdp.exe'],
    ['a\u0000b\nc', 'a_b_c'],
    ['   ', '_'],
    ['', 'file'],
  ]
  for (const [name, plain] of names) assert.equal(plainName(name), plain)
})
