#!/usr/bin/env node
// circuit.mjs - js-libp2p as relay, as a peer behind one, and as the other end of a hole.
//
//   circuit.mjs node [OPTION...]           a node; ends by SIGTERM
//   circuit.mjs stream MA PROTOCOL [OPTION...]  calls a peer and joins a stream with stdin and stdout
//   circuit.mjs listen MA [OPTION...]      reserves at the relay there, and ends
//
// All print what happens as one JSON object a line (`node` on stdout, the others on stderr).
//   --listen MA, --announce MA             (each any number of times)
//   --reserve MA                           be reachable through this relay
//   --serve NAME=HOST:PORT                 as /peerup/NAME/1.0.0
//   --relay [--data N] [--time MS]         be a relay; without limits when neither is given
//   --dcutr, --autonat 1|2                 these protocols, both ends of them
//   --direct SECONDS                       `stream`: wait so long for a direct connection first
//   --plain                                `stream`: do without runOnLimitedConnection
import { parseArgs } from 'node:util'
import { autoNAT } from '@libp2p/autonat'
import { autoNATv2 } from '@libp2p/autonat-v2'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { dcutr } from '@libp2p/dcutr'
import { multiaddr } from '@multiformats/multiaddr'
import { bridge, makeNode, nodeOptions, print, report, serveTcp } from './common.mjs'

const CALL_MS = 15000
const VERIFIED_MS = 200 // how often addresses are looked at

const { values, positionals: [command, target, protocol] } = parseArgs({
  allowPositionals: true,
  options: {
    ...nodeOptions,
    listen: { type: 'string', multiple: true, default: [] },
    announce: { type: 'string', multiple: true },
    reserve: { type: 'string', multiple: true, default: [] },
    serve: { type: 'string', multiple: true, default: [] },
    relay: { type: 'boolean', default: false },
    data: { type: 'string' },
    time: { type: 'string' },
    dcutr: { type: 'boolean', default: false },
    autonat: { type: 'string' },
    direct: { type: 'string' },
    plain: { type: 'boolean', default: false }
  }
})
const tell = command === 'node' ? print : report

function relayServer () {
  const reservations = { applyDefaultLimit: values.data != null || values.time != null }
  if (values.data != null) reservations.defaultDataLimit = BigInt(values.data)
  if (values.time != null) reservations.defaultDurationLimit = Number(values.time)
  return circuitRelayServer({ reservations })
}

const services = {}
if (values.relay) services.relay = relayServer()
if (values.dcutr) services.dcutr = dcutr()
if (values.autonat === '1') services.autonat = autoNAT()
if (values.autonat === '2') services.autonat = autoNATv2()

const circuits = [...values.reserve, ...command === 'listen' ? [target] : []].map(relay => `${relay}/p2p-circuit`)
const about = connection => ({
  peer: connection.remotePeer.toString(),
  at: connection.remoteAddr.toString(),
  direction: connection.direction,
  relayed: connection.remoteAddr.toString().includes('/p2p-circuit'),
  limits: connection.limits && { bytes: Number(connection.limits.bytes ?? 0), seconds: connection.limits.seconds ?? 0 }
})
const isDirect = connection => !about(connection).relayed

async function start () {
  const node = await makeNode(values, [...values.listen, ...circuits], {
    announce: values.announce, services, transports: [circuitRelayTransport()]
  })
  node.addEventListener('connection:open', e => tell({ event: 'open', ...about(e.detail) }))
  node.addEventListener('connection:close', e => tell({ event: 'close', ...about(e.detail) }))
  node.addEventListener('peer:identify', ({ detail: d }) => tell({
    event: 'identify', peer: d.peerId.toString(), protocols: d.protocols, listen: d.listenAddrs.map(String)
  }))
  return node
}

// What AutoNAT found out is known only by the flags of the addresses.
function watchAddresses (node) {
  let last = ''
  setInterval(() => {
    const verified = node.components.addressManager.getAddressesWithMetadata()
      .filter(a => a.verified).map(a => a.multiaddr.toString())
    if (verified.join() !== last) print({ event: 'verified', addrs: verified })
    last = verified.join()
  }, VERIFIED_MS).unref()
}

function directConnection (node, peer, seconds) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = node.getConnections(peer).find(isDirect)
      if (found != null) resolve(found)
    }
    node.addEventListener('connection:open', look)
    look()
    setTimeout(() => reject(new Error(`no direct connection within ${seconds} s`)), seconds * 1000).unref()
  })
}

async function call (node) {
  let connection = await node.dial(multiaddr(target), { signal: AbortSignal.timeout(CALL_MS) })
  report({ event: 'called', ...about(connection) })
  if (values.direct != null) {
    connection = await directConnection(node, connection.remotePeer, Number(values.direct))
    report({ event: 'direct', ...about(connection) })
  }
  const stream = await connection.newStream(protocol, { runOnLimitedConnection: !values.plain })
  const state = await bridge(stream, process.stdin, process.stdout)
  await new Promise(resolve => process.stdout.write('', resolve))
  if (state.error != null) throw new Error(state.error)
}

let node
let status = 0
const stop = async () => {
  setTimeout(() => process.exit(status), 2000).unref()
  await node?.stop()
  process.exit(status)
}

try {
  node = await start()
  for (const service of values.serve) {
    const [, name, host, port] = /^([^=]+)=(.+):(\d+)$/.exec(service)
    await serveTcp(node, `/peerup/${name}/1.0.0`, host, Number(port))
  }
  tell({ event: 'ready', peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) })
  if (command === 'node') {
    watchAddresses(node)
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  } else {
    if (command === 'stream') await call(node)
    await stop()
  }
} catch (e) {
  report({ error: e.name, message: e.message, of: e.errors?.map(String) })
  status = 1
  await stop()
}
