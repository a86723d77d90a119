// common.mjs - a js-libp2p node over QUIC and TCP, the joining of streams and sockets, and /perf/1.0.0.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { createLibp2p } from 'libp2p'
import { noise } from '@chainsafe/libp2p-noise'
import { quic } from '@chainsafe/libp2p-quic'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import {
  generateKeyPair, generateKeyPairFromSeed, privateKeyFromProtobuf, privateKeyToProtobuf
} from '@libp2p/crypto/keys'

export const PERF = '/perf/1.0.0'
// js-libp2p's QUIC does not hold a fast sender back: it drops a stream with more unread than this.
const MAX_UNREAD = 1 << 28
const ZEROS = new Uint8Array(1 << 16)

export const print = obj => { process.stdout.write(JSON.stringify(obj) + '\n') }
export const report = obj => { process.stderr.write(JSON.stringify(obj) + '\n') }

// Options of every command that is a node: --seed NAME gives a stable Ed25519 key, --key FILE one that
// is kept there (made with --key-type: Ed25519, secp256k1 or RSA), neither a new one.  --security
// noise or tls is what it speaks over TCP.
export const nodeOptions = {
  seed: { type: 'string' },
  key: { type: 'string' },
  'key-type': { type: 'string', default: 'Ed25519' },
  security: { type: 'string', default: 'noise' }
}

export async function loadKey (options) {
  if (options.seed != null) {
    return generateKeyPairFromSeed('Ed25519', createHash('sha256').update(options.seed).digest())
  }
  if (options.key != null && existsSync(options.key)) {
    return privateKeyFromProtobuf(readFileSync(options.key))
  }
  const key = await generateKeyPair(options['key-type'])
  if (options.key != null) writeFileSync(options.key, privateKeyToProtobuf(key), { mode: 0o600 })
  return key
}

// `more`: what a node has beside these: { transports, services, announce, discovery }.
export async function makeNode (options, listen = [], more = {}) {
  return createLibp2p({
    privateKey: await loadKey(options),
    addresses: { listen, announce: more.announce },
    transports: [quic(), tcp(), ...more.transports ?? []],
    connectionEncrypters: [{ noise, tls }[options.security]()],
    streamMuxers: [yamux()],
    peerDiscovery: more.discovery ?? [],
    services: { ping: ping(), identify: identify(), identifyPush: identifyPush(), ...more.services },
    connectionManager: { inboundConnectionThreshold: 1000 },
    connectionGater: { denyDialMultiaddr: () => false }
  })
}

const chunksOf = data => (data instanceof Uint8Array ? [data] : data)

// Joins a libp2p stream with a readable and a writable.  The end of one direction ends that
// direction only; a reset becomes an abort.  Listeners are attached before anything is awaited.
export function bridge (stream, readable, writable) {
  stream.maxReadBufferLength = MAX_UNREAD
  return new Promise(resolve => {
    const state = { in: 0, out: 0, error: null }
    let ended = false
    const end = () => {
      if (ended) return
      ended = true
      if (writable !== process.stdout) writable.end()
    }
    const onEnd = () => { if (stream.status !== 'reset' && stream.status !== 'aborted') end() }
    const fail = e => { state.error ??= String(e) }
    stream.addEventListener('message', e => {
      let room = true
      for (const chunk of chunksOf(e.data)) { state.in += chunk.byteLength; room = writable.write(chunk) }
      if (!room && stream.readStatus === 'readable') stream.pause()
    })
    writable.on('drain', () => { if (stream.readStatus === 'paused') stream.resume() })
    stream.addEventListener('end', onEnd)
    if (stream.readableEnded) onEnd()
    readable.on('data', data => {
      state.out += data.length
      try {
        if (!stream.send(data)) { readable.pause(); stream.onDrain().then(() => readable.resume(), fail) }
      } catch (e) { fail(e); readable.destroy() }
    })
    readable.on('end', () => { stream.close().catch(fail) })
    readable.on('error', e => { fail(e); stream.abort(e) })
    if (writable !== readable) writable.on('error', e => { fail(e); stream.abort(e) })
    stream.addEventListener('close', e => {
      if (e.error != null) {
        fail(e.error)
        if (writable === readable) writable.resetAndDestroy()
        resolve(state)
      } else if (stream.readableEnded || stream.readBufferLength === 0) {
        end()
        resolve(state)
      } else { // closed, but a paused stream still holds what nobody has read
        stream.addEventListener('end', () => { end(); resolve(state) })
      }
    })
  })
}

// Serves the protocol with one TCP connection for each stream.
export function serveTcp (node, protocol, host, port) {
  return node.handle(protocol, stream => {
    const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true })
    bridge(stream, socket, socket)
  }, { maxInboundStreams: 1024, maxOutboundStreams: 1024, runOnLimitedConnection: true })
}

export async function sendZeros (stream, count) {
  for (let left = count; left > 0; left -= ZEROS.length) {
    if (!stream.send(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS)) await stream.onDrain()
  }
}

// https://github.com/libp2p/specs/blob/master/perf/perf.md: eight octets say how many to send back,
// then octets to swallow until the end.
export function servePerf (node) {
  return node.handle(PERF, stream => {
    stream.maxReadBufferLength = MAX_UNREAD
    let head = Buffer.alloc(0)
    let count = 0
    let started = false
    const answer = async () => {
      if (started) return
      started = true
      try {
        await sendZeros(stream, Number(head.readBigUInt64BE(0)))
        await stream.close()
        print({ event: 'perf', received: count - 8 })
      } catch (e) { stream.abort(e) }
    }
    stream.addEventListener('message', e => {
      for (const chunk of chunksOf(e.data)) {
        if (head.length < 8) head = Buffer.concat([head, chunk])
        count += chunk.byteLength
      }
    })
    stream.addEventListener('end', answer)
    if (stream.readableEnded) answer()
  }, { maxInboundStreams: 64 })
}

export async function runPerf (connection, up, down) {
  const stream = await connection.newStream(PERF)
  stream.maxReadBufferLength = MAX_UNREAD
  let received = 0
  const ended = new Promise((resolve, reject) => {
    stream.addEventListener('message', e => { received += e.data.byteLength })
    stream.addEventListener('end', resolve)
    stream.addEventListener('close', e => { e.error ? reject(e.error) : resolve() })
  })
  const head = new Uint8Array(8)
  new DataView(head.buffer).setBigUint64(0, BigInt(down))
  if (!stream.send(head)) await stream.onDrain()
  await sendZeros(stream, up)
  await stream.close()
  await ended
  return { sent: up, received }
}
