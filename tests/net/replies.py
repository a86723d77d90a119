#!/usr/bin/env python3
"""replies.py PROXY - for each line "CODE HOST PORT WHAT" of stdin: does a CONNECT get that code?"""
import sys

import gwtest as t

for line in sys.stdin:
    code, host, port, what = line.split(maxsplit=3)
    try:
        got = t.reply_code(sys.argv[1], host, int(port))
    except (OSError, EOFError) as e:
        got = repr(e)
    t.check(f"reply {code} for {what.strip()}", got == int(code), f"got {got}")
t.finish()
