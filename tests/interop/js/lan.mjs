#!/usr/bin/env node
// lan.mjs [NODE OPTIONS] --listen MULTIADDR [--serve NAME=HOST:PORT]
// A js-libp2p node that knows nobody but by mDNS.  One JSON object a line: {"event":"ready", ...}, then
// {"event":"found", "peer":, "addrs":, "ms":} of every peer, and {"event":"pinged", ...} when it answers
// at these addresses.
import { parseArgs } from 'node:util'
import { mdns } from '@libp2p/mdns'
import { nodeOptions, makeNode, print, serveTcp } from './common.mjs'

const { values } = parseArgs({
  options: {
    ...nodeOptions,
    listen: { type: 'string' },
    serve: { type: 'string', multiple: true, default: [] }
  }
})
const start = Date.now()
const node = await makeNode(values, [values.listen], { discovery: [mdns()] })
for (const service of values.serve) {
  const [, name, host, port] = /^([^=]+)=(.+):(\d+)$/.exec(service)
  await serveTcp(node, `/peerup/${name}/1.0.0`, host, Number(port))
}
node.addEventListener('peer:discovery', async ({ detail: { id, multiaddrs } }) => {
  const peer = id.toString()
  print({ event: 'found', peer, addrs: multiaddrs.map(String), ms: Date.now() - start })
  try {
    print({ event: 'pinged', peer, ms: await node.services.ping.ping(id) })
  } catch (e) { print({ event: 'failed', peer, why: String(e) }) }
})
print({ event: 'ready', peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) })
