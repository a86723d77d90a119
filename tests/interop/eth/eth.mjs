#!/usr/bin/env node
// eth.mjs serve FILE.sol...          an Ethereum node of its own on a free port, with all their contracts
// eth.mjs set RPC ADDRESS NAME LINE  the contract at the address is to say this line of the name
// One JSON object on a line for what has been done.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import ganache from 'ganache'
import solc from 'solc'
import { Contract, ContractFactory, JsonRpcProvider } from 'ethers'

const print = (o) => console.log(JSON.stringify(o))

function compile (files) {
  const out = JSON.parse(solc.compile(JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(files.map((f) => [basename(f), { content: readFileSync(f, 'utf8') }])),
    settings: {
      evmVersion: 'shanghai', // the newest that this ganache knows
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } }
    }
  })))
  for (const e of out.errors ?? []) throw new Error(e.formattedMessage)
  return Object.values(out.contracts).flatMap(Object.entries)
}

// The node signs for its accounts.
async function connect (rpc) {
  const provider = new JsonRpcProvider(rpc, undefined, { pollingInterval: 50, cacheTimeout: -1 })
  return { provider, signer: await provider.getSigner(0) }
}

async function serve (...files) {
  const server = ganache.server({ logging: { quiet: true }, wallet: { totalAccounts: 1 } })
  await server.listen(0, '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))
  const rpc = `http://127.0.0.1:${server.address().port}`
  const { provider, signer } = await connect(rpc)
  const contracts = { account: await signer.getAddress() } // which has no code
  for (const [name, { abi, evm }] of compile(files)) {
    const contract = await new ContractFactory(abi, evm.bytecode.object, signer).deploy()
    await contract.waitForDeployment()
    contracts[name] = await contract.getAddress()
  }
  print({ rpc, contracts })
  provider.destroy()
}

async function set (rpc, address, name, line) {
  const { provider, signer } = await connect(rpc)
  const contract = new Contract(address, ['function set(string name, string line)'], signer)
  await (await contract.set(name, line)).wait()
  print({ name })
  provider.destroy()
}

await { serve, set }[process.argv[2]](...process.argv.slice(3))
