#!/usr/bin/env node
// node.mjs [NODE OPTIONS] [--listen MULTIADDR] [--serve NAME=HOST:PORT]
// A js-libp2p node: identify, ping, perf, and each --serve as /peerup/NAME/1.0.0.  One JSON object a
// line; the first is {"event":"ready", ...}.
import { parseArgs } from 'node:util'
import { nodeOptions, makeNode, print, servePerf, serveTcp } from './common.mjs'

const { values } = parseArgs({
  options: {
    ...nodeOptions,
    listen: { type: 'string', default: '/ip4/127.0.0.1/udp/0/quic-v1' },
    serve: { type: 'string', multiple: true, default: [] }
  }
})
const node = await makeNode(values, [values.listen])
for (const service of values.serve) {
  const [, name, host, port] = /^([^=]+)=(.+):(\d+)$/.exec(service)
  await serveTcp(node, `/peerup/${name}/1.0.0`, host, Number(port))
}
await servePerf(node)
node.addEventListener('peer:identify', ({ detail: d }) => print({
  event: 'identify', peer: d.peerId.toString(), agent: d.agentVersion, protocols: d.protocols
}))
print({ event: 'ready', peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) })

const stop = async () => {
  setTimeout(() => process.exit(0), 2000).unref()
  await node.stop()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
