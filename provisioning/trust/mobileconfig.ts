// The profile by which an iPhone takes the private authority: one payload, the certificate.
import { createHash, type X509Certificate } from 'node:crypto'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The same for the same certificate, so that a second installation replaces the first. */
function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-').toUpperCase()
}

function dictionary(entries: Record<string, string | number | Uint8Array>): string {
  return Object.entries(entries)
    .map(([key, value]) => `    <key>${key}</key>\n    ${element(value)}`)
    .join('\n')
}

function element(value: string | number | Uint8Array): string {
  if (typeof value === 'number') return `<integer>${value}</integer>`
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`
  return `<data>${Buffer.from(value).toString('base64')}</data>`
}

/** `name`: what the phone shows. `about`: what it is for, in the words of whoever installs it. */
export function mobileconfig(authority: X509Certificate, name: string, about: string): string {
  const print = authority.fingerprint256
  const inside = dictionary({
    PayloadType: 'com.apple.security.root',
    PayloadVersion: 1,
    PayloadIdentifier: 'holdfast.authority.certificate',
    PayloadUUID: uuid(`certificate ${print}`),
    PayloadDisplayName: name,
    PayloadContent: authority.raw,
  })
  const outside = dictionary({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: 'holdfast.authority',
    PayloadUUID: uuid(`profile ${print}`),
    PayloadDisplayName: name,
    PayloadDescription: about,
  })
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <dict>
${outside}
    <key>PayloadContent</key>
    <array>
      <dict>
${inside}
      </dict>
    </array>
  </dict>
</plist>
`
}
