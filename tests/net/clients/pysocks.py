#!/usr/bin/env python3
"""pysocks.py socks5|socks4|http PROXY URL - prints a page by a proxy, or what went wrong."""
import sys
import urllib.error
import urllib.request

import socks
import sockshandler

kind, proxy, url = sys.argv[1:]
host, port = proxy.rsplit(":", 1)
kinds = {"socks5": socks.SOCKS5, "socks4": socks.SOCKS4, "http": socks.HTTP}
opener = urllib.request.build_opener(sockshandler.SocksiPyHandler(kinds[kind], host, int(port)))
try:
    print(opener.open(url, timeout=20).read().decode(), end="")
except (OSError, socks.ProxyError) as e:
    print(e)
