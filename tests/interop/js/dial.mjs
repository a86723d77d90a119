#!/usr/bin/env node
// dial.mjs COMMAND MULTIADDR [ARGUMENT] [NODE OPTIONS] [-n N] [--up N] [--down N]
//   id                        prints the peer id of the key (takes no MULTIADDR)
//   identify, ping, perf      one JSON object on stdout
//   stream MULTIADDR PROTOCOL joins it with stdin and stdout
//   raw MULTIADDR HEX...      sends these octets, each on a stream of its own where nothing is negotiated,
//                             and prints after how long the peer ended each, and a ping after that
// Exit status 1 and the reason as JSON on stderr when something failed.
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { bridge, nodeOptions, makeNode, print, report, runPerf } from './common.mjs'

const { values, positionals: [command, target, ...rest] } = parseArgs({
  allowPositionals: true,
  options: {
    ...nodeOptions,
    n: { type: 'string', short: 'n', default: '3' },
    up: { type: 'string', default: '0' },
    down: { type: 'string', default: '0' }
  }
})
const node = await makeNode(values)

const commands = {
  async identify (connection, identified) {
    const d = await identified // asked by libp2p itself on every new connection
    print({
      peer: d.peerId.toString(), agent: d.agentVersion, protocols: d.protocols,
      listen: d.listenAddrs.map(String), observed: d.observedAddr?.toString(), signed: d.signedPeerRecord != null
    })
  },
  async ping (connection) {
    const ms = []
    for (let i = 0; i < Number(values.n); i++) ms.push(await node.services.ping.ping(connection.remotePeer))
    print({ ms })
  },
  async perf (connection) {
    print(await runPerf(connection, Number(values.up), Number(values.down)))
  },
  async raw (connection) {
    const ended_ms = await Promise.all(rest.map(async hex => {
      const stream = await connection.muxer.createStream({})
      const start = Date.now()
      const ended = new Promise(resolve => {
        stream.addEventListener('message', () => {}) // what nobody reads keeps the end back
        stream.addEventListener('end', resolve)
        stream.addEventListener('close', resolve)
      })
      stream.send(Buffer.from(hex, 'hex'))
      await ended
      return Date.now() - start
    }))
    const ping_ms = await node.services.ping.ping(connection.remotePeer)
    print({ ended_ms, ping_ms, connections: node.getConnections().length, status: connection.status })
  },
  async stream (connection) {
    const state = await bridge(await connection.newStream(rest[0]), process.stdin, process.stdout)
    await new Promise(resolve => process.stdout.write('', resolve))
    if (state.error != null) throw new Error(state.error)
  }
}

let status = 0
try {
  if (command === 'id') {
    console.log(node.peerId.toString())
  } else {
    const identified = new Promise(resolve => {
      node.addEventListener('peer:identify', e => resolve(e.detail), { once: true })
    })
    const connection = await node.dial(multiaddr(target), { signal: AbortSignal.timeout(15000) })
    await commands[command](connection, identified)
  }
} catch (e) {
  report({ error: e.name, message: e.message })
  status = 1
}
setTimeout(() => process.exit(status), 1500).unref()
await node.stop()
process.exit(status)
