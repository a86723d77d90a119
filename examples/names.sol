// SPDX-License-Identifier: MIT
// names.sol - names for gw on an Ethereum chain: who takes one first keeps it.
//
//   [ethereum]
//   rpc = https://...
//   contract = 0x...        where this was deployed
//
// gw calls resolve() with the name as lower case, without .p2p: `laptop.grewal`.  Any contract with
// that function will do.  It answers with a line, or with "" when it knows none:
//
//   PEER-ID [MULTIADDR...] [ttl=SECONDS]
pragma solidity ^0.8.0;

contract Names {
    struct Entry {
        address owner;
        string line;
    }

    mapping(string => Entry) private entries;

    event Changed(string name, address owner);

    function resolve(string calldata name) external view returns (string memory) {
        return entries[name].line;
    }

    function set(string calldata name, string calldata line) external {
        Entry storage e = entries[name];
        require(e.owner == address(0) || e.owner == msg.sender, "the name is somebody else's");
        e.owner = msg.sender;
        e.line = line;
        emit Changed(name, msg.sender);
    }

    // The zero address: the name is free again.
    function give(string calldata name, address owner) external {
        require(entries[name].owner == msg.sender, "the name is not yours");
        if (owner == address(0)) {
            delete entries[name];
        } else {
            entries[name].owner = owner;
        }
        emit Changed(name, owner);
    }
}
