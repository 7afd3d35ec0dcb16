// What may come in and what may go out of an installed box, for nftables: nothing, but for what is named here.
import { type Appliance, USERS } from './layout.ts'

/** New connections of one address in a second to the box; a whole company behind one router is slower. */
const NEW_A_SECOND = 100
/** A browser opens six at once, and a company wakes all together. */
const BURST = 500

const ERRORS4 = 'destination-unreachable, time-exceeded'
const ERRORS6 = 'packet-too-big, destination-unreachable, time-exceeded'
const NEIGHBOURS = 'nd-neighbor-solicit, nd-neighbor-advert'
const PRIVATE4 =
  '{ 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3 }'

/** Loads as a whole or not at all, and replaces only its own table. */
export function firewall(box: Appliance): string {
  return `#!/usr/sbin/nft -f
# For ${box.address}. Written from its settings: changes belong there.
table inet holdfast
delete table inet holdfast
table inet holdfast {
  chain input {
    type filter hook input priority filter; policy drop;
${inward(box)}  }
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
  chain output {
    type filter hook output priority filter; policy drop;
${outgoing(box)}  }
  chain outward {
    meta l4proto { tcp, udp } th dport 53 accept
    ip daddr ${PRIVATE4} drop
    ip6 daddr { ::/3, fc00::/7, fe80::/10 } drop
    tcp dport 443 accept
  }
}
`
}

const rules = (...lines: string[]): string => lines.map((line) => `    ${line}\n`).join('')

function inward({ port, trustPort, acmePort, operators, uplink }: Appliance): string {
  const outside = uplink === null ? '' : `iifname "${uplink}" `
  const open = new Set([port, trustPort, acmePort].filter((one) => one !== null))
  return rules(
    'iif lo accept',
    'ct state established,related accept',
    'ct state invalid drop',
    `icmp type { echo-request, ${ERRORS4} } limit rate 20/second accept`,
    `icmpv6 type { ${NEIGHBOURS}, ${ERRORS6} } accept`,
    `${outside}icmpv6 type nd-router-advert accept`,
    `${outside}udp sport 67 udp dport 68 accept`,
    `tcp dport ${port} ct state new meter floods { ip saddr limit rate over ${NEW_A_SECOND}/second burst ${BURST} packets } drop`,
    `tcp dport { ${[...open].join(', ')} } accept`,
    ...operators.map(
      (net) => `${net.includes(':') ? 'ip6' : 'ip'} saddr ${net} tcp dport 22 accept`,
    ),
  )
}

function outgoing(box: Appliance): string {
  const users = outward(box).join(', ')
  const outside = box.uplink === null ? '' : `oifname "${box.uplink}" `
  return rules(
    'oif lo accept',
    'ct state established,related accept',
    `icmpv6 type { ${NEIGHBOURS}, ${ERRORS6} } accept`,
    `${outside}icmpv6 type nd-router-solicit accept`,
    `icmp type { echo-reply, ${ERRORS4} } accept`,
    `meta skuid ${USERS.box} drop`,
    `${outside}meta skuid { ${users} } jump outward`,
    // DHCP: of the system's first steps, whoever takes them.
    `${outside}udp sport 68 udp dport 67 accept`,
    ...[box.resolver, box.timekeeper].flatMap((user) =>
      user === null
        ? []
        : [`${outside}meta skuid ${user} meta l4proto { tcp, udp } th dport 53 accept`],
    ),
    ...(box.timekeeper === null
      ? []
      : [`${outside}meta skuid ${box.timekeeper} udp dport 123 accept`]),
  )
}

/** Who may open connections: pushes go out, and so do questions to an authority. The box itself never does. */
const outward = ({ certificate }: Appliance): string[] =>
  certificate === 'acme' ? [USERS.deliver, USERS.certificates] : [USERS.deliver]
