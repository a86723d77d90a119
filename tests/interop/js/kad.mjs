#!/usr/bin/env node
// kad.mjs [NODE OPTIONS] --mode server|client [--listen MULTIADDR] [--connect MULTIADDR]
// A js-libp2p node of gw's DHT, which is told on stdin what to do, a line each:
//   put NAME SEQUENCE ADDR   a name record of its own (doc/PROTOCOLS.md), sealed by js
//   get OWNER NAME           that record, checked by js: peer, sequence, addrs
//   find PEER                its addresses
//   provide TEXT             that it has this content; the key is its multihash, SHA-256
//   providers TEXT           who has it
//   peers                    how many are in its routing table
// One JSON object a line: {"event":"ready", ...}, then {"done": LINE, ...} for each, with "error" when
// it came to nothing.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import * as raw from 'multiformats/codecs/raw'
import { loadKey, makeNode, nodeOptions, print } from './common.mjs'

const DOMAIN = 'gw-name-record'
const CODEC = new TextEncoder().encode('/gw/name-record')
const WAIT_MS = 10000

const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const keyOf = (owner, name) =>
  Buffer.concat([Buffer.from('/gw/'), sha256(owner.toMultihash().bytes, name)])
const cidOf = text => CID.createV1(raw.code, Digest.create(0x12, sha256(text)))

// Protobuf by hand: two kinds of field are all there is.
function varint (n) {
  const out = []
  for (let v = BigInt(n); ; v >>= 7n) {
    if (v < 0x80n) return Buffer.from([...out, Number(v)])
    out.push(Number(v & 0x7fn) | 0x80)
  }
}
const field = (num, v) => typeof v === 'bigint'
  ? Buffer.concat([varint(num << 3), varint(v)])
  : Buffer.concat([varint(num << 3 | 2), varint(v.length), v])

function fields (buf) {
  const out = []
  let at = 0
  const next = () => {
    for (let v = 0n, shift = 0n; ; shift += 7n) {
      v |= BigInt(buf[at] & 0x7f) << shift
      if (buf[at++] < 0x80) return v
    }
  }
  while (at < buf.length) {
    const tag = Number(next())
    if ((tag & 7) === 0) { out.push([tag >> 3, next()]); continue }
    const n = Number(next())
    out.push([tag >> 3, buf.subarray(at, at += n)])
  }
  return out
}

class NameRecord {
  domain = DOMAIN
  codec = CODEC
  constructor (name, sequence, addr) { Object.assign(this, { name, sequence, addr }) }
  marshal () {
    const expires = BigInt(Math.floor(Date.now() / 1000) + 3600)
    return Buffer.concat([field(1, Buffer.from(this.name)), field(3, BigInt(this.sequence)),
      field(4, expires), field(5, multiaddr(this.addr).bytes)])
  }
}

async function open (value) {
  const envelope = await RecordEnvelope.openAndCertify(value, DOMAIN)
  if (Buffer.compare(envelope.payloadType, CODEC) !== 0) throw new Error('another kind of record')
  const owner = peerIdFromPublicKey(envelope.publicKey)
  const record = { owner, name: '', sequence: 0n, expires: 0n, addrs: [] }
  for (const [num, v] of fields(envelope.payload.subarray())) {
    if (num === 1) record.name = Buffer.from(v).toString()
    if (num === 3) record.sequence = v
    if (num === 4) record.expires = v
    if (num === 5) record.addrs.push(multiaddr(v).toString())
  }
  if (record.expires < BigInt(Math.floor(Date.now() / 1000))) throw new Error('expired')
  return record
}

async function validate (key, value) {
  const r = await open(value)
  if (Buffer.compare(key, keyOf(r.owner, r.name)) !== 0) throw new Error('of another key')
}

function select (key, values) {
  const sequence = v => fields(RecordEnvelope.createFromProtobuf(v).payload.subarray())
    .find(([num]) => num === 3)?.[1] ?? 0n
  return values.reduce((best, v, i) => sequence(v) > sequence(values[best]) ? i : best, 0)
}

const { values } = parseArgs({
  options: {
    ...nodeOptions,
    mode: { type: 'string' },
    listen: { type: 'string', multiple: true, default: [] },
    connect: { type: 'string', multiple: true, default: [] }
  }
})
const key = await loadKey(values)
const node = await makeNode(values, values.listen, {
  services: {
    kad: kadDHT({
      protocol: '/gw/kad/1.0.0',
      clientMode: values.mode === 'client',
      peerInfoMapper: passthroughMapper,
      validators: { gw: validate },
      selectors: { gw: select }
    })
  }
})
const { kad } = node.services
if (values.mode === 'server') await kad.setMode('server')
for (const at of values.connect) await node.dial(multiaddr(at))

const commands = {
  async put (name, sequence, addr) {
    const sealed = await RecordEnvelope.seal(new NameRecord(name, sequence, addr), key)
    let took = 0
    for await (const e of kad.put(keyOf(node.peerId, name), sealed.marshal(), { signal: AbortSignal.timeout(WAIT_MS) })) {
      took += e.name === 'PEER_RESPONSE' && e.messageName === 'PUT_VALUE'
    }
    return { took }
  },
  async get (owner, name = '') {
    for await (const e of kad.get(keyOf(peerIdFromString(owner), name), { signal: AbortSignal.timeout(WAIT_MS) })) {
      if (e.name !== 'VALUE') continue
      const r = await open(e.value)
      return { name: r.name, sequence: String(r.sequence), addrs: r.addrs }
    }
  },
  async find (peer) {
    for await (const e of kad.findPeer(peerIdFromString(peer), { signal: AbortSignal.timeout(WAIT_MS) })) {
      if (e.name === 'FINAL_PEER') return { addrs: e.peer.multiaddrs.map(String) }
    }
  },
  async provide (text) {
    for await (const _ of kad.provide(cidOf(text), { signal: AbortSignal.timeout(WAIT_MS) })) { /* to the end */ }
    return {}
  },
  async providers (text) {
    const peers = new Set()
    for await (const e of kad.findProviders(cidOf(text), { signal: AbortSignal.timeout(WAIT_MS) })) {
      if (e.name === 'PROVIDER') for (const p of e.providers) peers.add(p.id.toString())
    }
    return { peers: [...peers] }
  },
  async peers () {
    return { count: kad.routingTable.size }
  }
}

print({ event: 'ready', peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) })
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = line.split(' ')
  try {
    print({ done: line, ...await commands[command](...args) ?? { error: 'nothing' } })
  } catch (e) { print({ done: line, error: String(e) }) }
}
await node.stop()
process.exit(0)
