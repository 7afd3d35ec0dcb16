// What the build makes of files that are no TypeScript (scripts/app-plugins.ts), and what TypeScript does not
// know of the platform yet.
declare module 'lucide-static/icons/*.svg' {
  const shapes: [element: string, attributes: Record<string, string>][]
  export default shapes
}

declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}

interface TrustedTypePolicy {
  /** Typed as text: TypeScript's DOM still asks for that where browsers take the trusted form. */
  createScriptURL(url: string): string
  createScript(text: string): string
}
declare var trustedTypes:
  | {
      createPolicy(name: string, rules: Partial<TrustedTypePolicy>): TrustedTypePolicy
    }
  | undefined
