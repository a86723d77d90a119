"""dnsmsg.py - one DNS question, answered with addresses (RFC 1035 s.4)."""
import ipaddress
import struct

HEADER = 12
TYPES = {4: 1, 6: 28}  # A, AAAA
IS_ANSWER, ANSWERS, NO_SUCH_NAME = 0x8000, 0x8180, 0x8183


def question(query):
    """(name, octets of the question) when it is a query for one name, else None."""
    if len(query) < HEADER + 5:
        return None
    flags, questions = struct.unpack("!2xHH", query[:6])
    end, labels = HEADER, []
    while end < len(query) and query[end]:
        labels.append(query[end + 1:end + 1 + query[end]].decode("latin-1").lower())
        end += 1 + query[end]
    end += 5
    if flags & IS_ANSWER or questions != 1 or not labels or end > len(query):
        return None
    return ".".join(labels), query[HEADER:end]


def answer(query, addresses):
    """With those addresses that are of the type asked for; None: there is no such name."""
    _, asked = question(query)
    records = b""
    count = 0
    for address in map(ipaddress.ip_address, addresses or ()):
        if TYPES[address.version] == struct.unpack("!H", asked[-4:-2])[0]:
            records += struct.pack("!HHHIH", 0xC000 | HEADER, TYPES[address.version], 1, 60,
                                   len(address.packed)) + address.packed
            count += 1
    flags = NO_SUCH_NAME if addresses is None else ANSWERS
    return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + asked + records
