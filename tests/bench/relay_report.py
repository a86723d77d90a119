#!/usr/bin/env python3
"""relay_report.py - what relay.sh has measured, as tables and as the figures that are owed.

  relay_report.py crowd FILE             the lines of relayload, as a table
  relay_report.py reservation FILE       octets of the relay's memory for one reservation
  relay_report.py bulk FILE              the lines "WAY DIRECTION CPU-BEFORE CPU-AFTER JSON", as a table
  relay_report.py share FILE DIRECTION   relayed throughput in percent of direct: median of the rounds
"""
import json
import statistics
import sys

MIB, KIB = 1 << 20, 1 << 10


def phases(path):
    with open(path, encoding="ascii") as lines:
        return {p["phase"]: p for p in map(json.loads, lines)}


def each(p, before, after):
    """Octets of memory for one of what was done in the phase `after`."""
    return (p[after]["rss"] - p[before]["rss"]) / max(1, p[after]["done"])


def crowd(path):
    p, before = phases(path), None
    print(f"{'phase':10}{'done':>6}{'failed':>8}{'seconds':>9}{'relay CPU s':>13}{'RSS MiB':>9}{'fds':>5}")
    for name, now in p.items():
        cpu = now["cpu_s"] - (before or now)["cpu_s"]
        print(f"{name:10}{now['done']:6}{now['failed']:8}{now['seconds']:9.2f}{cpu:13.2f}"
              f"{now['rss'] / MIB:9.1f}{now['descriptors']:5}")
        before = now
    print(f"KiB per reservation {each(p, 'begin', 'reserved') / KIB:.1f}, "
          f"per circuit {each(p, 'reserved', 'circuits') / KIB:.1f}, "
          f"per circuit that has carried {each(p, 'reserved', 'echoes') / KIB:.1f}")


def runs(path):
    """(way, direction) -> [(Gbit/s, CPU seconds per GB)], in the order of the rounds."""
    out = {}
    with open(path, encoding="ascii") as lines:
        for line in lines:
            way, direction, before, after, text = line.split(maxsplit=4)
            run = json.loads(text)
            cpu = (float(after) - float(before)) / (run["all_bytes"] / 1e9)
            out.setdefault((way, direction), []).append((run["gbps"], cpu))
    return out


def medians(values):
    return [statistics.median(column) for column in zip(*values)]


def ratio(all_runs, way, direction):
    """Throughput beside the direct run of the same round."""
    pairs = zip(all_runs[way, direction], all_runs["direct", direction])
    return statistics.median(one[0] / direct[0] for one, direct in pairs)


def bulk(path):
    all_runs = runs(path)
    print(f"{'one stream':18}{'Gbit/s':>8}{'of direct':>11}{'CPU s/GB':>10}  (both ends and the relay)")
    for (way, direction), values in all_runs.items():
        gbps, cpu = medians(values)
        print(f"{way + ' ' + direction:18}{gbps:8.2f}{ratio(all_runs, way, direction):11.2f}{cpu:10.2f}")


def main(command, path, direction=None):
    if command == "crowd":
        crowd(path)
    elif command == "reservation":
        print(round(each(phases(path), "begin", "reserved")))
    elif command == "bulk":
        bulk(path)
    elif command == "share":
        print(round(100 * ratio(runs(path), "relayed", direction)))


if __name__ == "__main__":
    main(*sys.argv[1:])
