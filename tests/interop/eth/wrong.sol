// SPDX-License-Identifier: MIT
// wrong.sol - contracts that are not what gw asks.
pragma solidity ^0.8.0;

contract Reverts {
    function resolve(string calldata) external pure returns (string memory) {
        revert("closed today");
    }
}

contract Numbers {
    function resolve(string calldata) external pure returns (uint256) {
        return type(uint256).max;
    }
}

contract Long {
    function resolve(string calldata) external pure returns (string memory) {
        return string(new bytes(100000));
    }
}

contract Other {
    function name() external pure returns (string memory) {
        return "no resolve here";
    }
}
