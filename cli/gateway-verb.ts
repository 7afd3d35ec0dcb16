// The gateway: webhooks of monitoring systems become alerts and messages.
import { readGatewayConfig } from './gateway/config.ts'
import { runGateway } from './gateway/run.ts'
import type { Verb } from './verb.ts'

const HELP = `
A headless device beside the monitoring system. Give it a person and a channel of its own kind:
  holdfast invite --name "Monitoring" --role coordinator --state ./owner
  holdfast join CARD --box URL --state /var/lib/holdfast/gateway
  holdfast channel add "All staff" "Monitoring" --as publisher --state ./owner
  holdfast gateway --config /etc/holdfast/gateway.json

gateway.json:
  {
    "state": "/var/lib/holdfast/gateway",
    "listen": "127.0.0.1:9095",
    "routes": [
      {
        "path": "/alertmanager",
        "type": "alertmanager",
        "bearer": { "file": "/etc/holdfast/alertmanager.secret" },
        "to": "Operations",
        "as": "message",
        "map": [
          { "if": { "severity": "critical", "team": "plant" }, "as": "alert", "to": "All staff" }
        ],
        "firing": "{{labels.alertname}} on {{labels.instance}}: {{annotations.summary}}",
        "resolved": "Over: {{labels.alertname}} on {{labels.instance}}",
        "answers": ["safe", "need help"]
      },
      {
        "path": "/hook",
        "type": "json",
        "hmac": { "env": "HOLDFAST_HOOK_SECRET" },
        "header": "X-Signature",
        "id": "{{event.id}}",
        "to": "Operations",
        "as": "message",
        "text": "{{event.title}}: {{event.details.reason}}"
      }
    ]
  }

  state      folder of the device; relative paths start at the folder of this file. While it runs, the
             gateway keeps the folder to itself: stop it before other verbs write there.
  listen     HOST:PORT, loopback unless told; webhooks are plain HTTP, so stay on this machine or put a
             TLS proxy in front.
  as         alert (asks everybody of an audience to answer), exercise, or message
  map        the first rule whose "if" fits wins; it compares labels (alertmanager) or dotted paths of
             the body (json). What a rule leaves out, and what no rule fits, goes as the route says.
  firing, resolved, text, id    dotted paths in {{ }}; what is missing is empty. "resolved": null says
             nothing. An all-clear is a message, and in an exercise an exercise.
  bearer, hmac   {"file": PATH}, {"env": NAME}, or {"value": TEXT} with a warning
  header     holds the HMAC-SHA256 of the raw body in hex, alone or behind "sha256="
             (printf %s "$BODY" | openssl dgst -sha256 -hmac "$SECRET")

Alertmanager, in alertmanager.yml:
  receivers:
    - name: holdfast
      webhook_configs:
        - url: http://127.0.0.1:9095/alertmanager
          send_resolved: true
          http_config:
            authorization:
              credentials_file: /etc/alertmanager/holdfast.secret

It answers 202 {"queued": n, "duplicates": m} once everything is on this device's disk, also while the
box is away; it goes out in order when the box is back. What comes again within 7 days is not said again: an
alert by fingerprint, status and start, JSON by "id", or by its whole body when there is no "id".
With --json each webhook is a line: {"route", "queued", "duplicates", "ids"}. SIGTERM or SIGINT stops it.`

const LINGER = 500

export const gateway: Verb = {
  usage: 'gateway --config FILE',
  summary: 'Turns webhooks of monitoring systems into alerts and messages.',
  help: HELP,
  options: {
    config: { type: 'string', value: 'FILE', help: 'routes, secrets and channels, as above' },
  },
  positionals: [0, 0],
  async run(args) {
    const config = readGatewayConfig(args.need('config', 'the configuration'), process.env)
    const ending = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
    await runGateway(config, args.out, ending.signal)
    // All is on disk; a connection whose other end is gone would keep the process for minutes.
    setTimeout(() => process.exit(), LINGER).unref()
  },
}
