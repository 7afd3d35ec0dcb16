// What every answer of the box tells a browser, and what it tells it about the app (security.md, section 6).

/** Everything that is not named is forbidden; WebAssembly is what libsodium is made of. */
const policyWith = (scripts: string): string =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "frame-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types holdfast',
  ].join('; ')

export const CONTENT_POLICY = policyWith("'self' 'wasm-unsafe-eval'")
/** Of the service worker alone: it checks a release by its signatures, and then has no other way to run what is in it. */
export const GUARD_POLICY = policyWith("'self' 'wasm-unsafe-eval' 'unsafe-eval'")

/**
 * For a page that shows what somebody has sent: an origin that is nobody's, no network, no storage, and only the
 * script and the style that stand in it. `hashes`: their SHA-256, in base64.
 */
export const framePolicy = (hashes: { script: string; style: string }): string =>
  [
    ...frameRules(`'sha256-${hashes.script}'`, `'sha256-${hashes.style}'`),
    "require-trusted-types-for 'script'",
    'trusted-types holdfast',
  ].join('; ')

/** As `framePolicy`, for whoever has checked each byte of the page: what it restricts itself to stands in it. */
export const KEPT_FRAME_POLICY = frameRules("'unsafe-inline'", "'unsafe-inline'").join('; ')

function frameRules(script: string, style: string): string[] {
  return [
    'sandbox allow-scripts',
    "default-src 'none'",
    `script-src ${script} 'wasm-unsafe-eval'`,
    `style-src ${style}`,
    'worker-src blob:',
    'img-src blob: data:',
    'font-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ]
}

/** What the app uses; a feature that is not listed here is listed in `NEVER`. */
const OWN = [
  'autoplay',
  'camera',
  'clipboard-write',
  'display-capture',
  'microphone',
  'publickey-credentials-create',
  'publickey-credentials-get',
]
const NEVER = [
  'accelerometer',
  'clipboard-read',
  'cross-origin-isolated',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'midi',
  'payment',
  'picture-in-picture',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'window-management',
  'xr-spatial-tracking',
]
const PERMISSIONS = [...OWN.map((name) => `${name}=(self)`), ...NEVER.map((name) => `${name}=()`)]

/** Two years, as preload lists ask for. RFC 6797, section 7.2: never over plain HTTP. */
const STRICT_TRANSPORT = 'max-age=63072000; includeSubDomains'

/** Of every answer, also of one that the guard of the app gives in the place of the box. */
export const SHARED_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': PERMISSIONS.join(', '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
} as const

/** On every answer, good or bad; none is for a browser to keep or to guess at unless it says so itself. */
const EVERY_ANSWER = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_POLICY,
  ...SHARED_HEADERS,
} as const

export const headersOf = (secure: boolean): Record<string, string> =>
  secure ? { ...EVERY_ANSWER, 'Strict-Transport-Security': STRICT_TRANSPORT } : EVERY_ANSWER
