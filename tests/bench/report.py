#!/usr/bin/env python3
"""report.py FILE.jsonl... [--json OUT] - what gwbench.py measured, as tables of medians, and what
is owed with the ratio to the others, taken from the same run."""
import argparse
import json
import statistics

# One stream's numbers that the tables show: case, key, factor to the unit in the head, head.
COLUMNS = [
    ("down", "gbps", 1, "down Gbit/s"), ("down", "cpu_s_per_GB", 1, "CPU s/GB"),
    ("up", "gbps", 1, "up Gbit/s"), ("up", "cpu_s_per_GB", 1, "CPU s/GB"),
    ("down16", "gbps", 1, "16 down"), ("up16", "gbps", 1, "16 up"),
    ("conn1", "per_s", 1, "conn/s 1"), ("conn64", "per_s", 1, "conn/s 64"),
    ("ping", "p50_us", 1, "ping p50 us"), ("ping", "p99_us", 1, "p99 us"),
    ("loadping", "p50_us", 1e-3, "beside bulk p50 ms"), ("loadping", "p99_us", 1e-3, "p99 ms"),
    ("down_l0", "gbps", 1e3, "down 0 % Mbit/s"), ("down_l01", "gbps", 1e3, "0.1 %"),
    ("down_l1", "gbps", 1e3, "1 %"),
    ("up_l0", "gbps", 1e3, "up 0 % Mbit/s"), ("up_l01", "gbps", 1e3, "0.1 %"),
    ("up_l1", "gbps", 1e3, "1 %"),
    ("loadping_l0", "p50_us", 1e-3, "beside bulk, 0 % p50 ms"),
    ("loadping_l0", "p99_us", 1e-3, "p99 ms"),
    ("loadping_l1", "p50_us", 1e-3, "beside bulk, 1 % p50 ms"),
    ("loadping_l1", "p99_us", 1e-3, "p99 ms"),
    ("newstream", "p50_us", 1e-3, "new stream ms"), ("firstconn", "p50_us", 1e-3, "first connect ms"),
    ("mem0", "pss_client_kib", 1, "PSS client KiB"), ("mem0", "pss_server_kib", 1, "server"),
    ("idle1k", "kib_per_stream_client", 1, "KiB/stream of 1 000, client"),
    ("idle1k", "kib_per_stream_server", 1, "server"),
    ("idle10k", "kib_per_stream_client", 1, "of 10 000, client"),
    ("idle10k", "kib_per_stream_server", 1, "server"),
    ("mempeer", "kib_per_peer", 1, "KiB/idle peer"),
    ("mem100k", "grown_client_kib", 1, "KiB grown in 90 000 conn., client"),
    ("mem100k", "grown_server_kib", 1, "server"),
]

# What gw owes: profile, case, key, sense, limit, and the system whose number the limit multiplies
# (None: the limit is absolute; "rtt": round trips and microseconds to add; "best": of ssh and ss).
OWED = [
    ("lan", "down", "gbps", ">=", 1.0, "ssh-D-gcm"),
    ("lan", "up", "gbps", ">=", 1.0, "ssh-D-gcm"),
    ("lan", "down", "cpu_s_per_GB", "<=", 2.0, None),
    ("lan", "up", "cpu_s_per_GB", "<=", 2.0, None),
    ("nooff", "down", "gbps", ">=", 1.2, "ssh-D-gcm"),
    ("nooff", "up", "gbps", ">=", 1.2, "ssh-D-gcm"),
    ("nooff", "down", "cpu_s_per_GB", "<=", 1.0, "ssh-D-gcm"),
    ("nooff", "up", "cpu_s_per_GB", "<=", 1.0, "ssh-D-gcm"),
    ("lan", "conn1", "per_s", ">=", 1.3, "best"),
    ("lan", "conn64", "per_s", ">=", 1.3, "best"),
    ("lan", "ping", "p50_us", "<=", 1.0, "ss"),
    ("lan", "loadping", "p99_us", "<=", 3000, None),
    ("wan", "down_l0", "gbps", ">=", 0.470, None),
    ("wan", "down_l01", "gbps", ">=", 0.460, None),
    ("wan", "down_l1", "gbps", ">=", 0.440, None),
    ("wan", "up_l0", "gbps", ">=", 0.470, None),
    ("wan", "up_l01", "gbps", ">=", 0.460, None),
    ("wan", "up_l1", "gbps", ">=", 0.440, None),
    ("wan", "loadping_l1", "p50_us", "<=", 45000, None),
    ("wan", "loadping_l1", "p99_us", "<=", 130000, None),
    ("wan", "newstream", "p50_us", "<=", (1, 1000), "rtt"),
    ("wan", "firstconn", "p50_us", "<=", (2, 5000), "rtt"),
    ("lan", "mem0", "pss_client_kib", "<", 4096, None),
    ("lan", "mem0", "pss_server_kib", "<", 4096, None),
    ("lan", "idle1k", "kib_per_stream_client", "<", 8, None),
    ("lan", "idle1k", "kib_per_stream_server", "<", 8, None),
    ("lan", "idle10k", "kib_per_stream_client", "<", 8, None),
    ("lan", "idle10k", "kib_per_stream_server", "<", 8, None),
    ("lan", "mempeer", "kib_per_peer", "<", 200, None),
    ("lan", "mem100k", "grown_client_kib", "<", 256, None),
    ("lan", "mem100k", "grown_server_kib", "<", 256, None),
]
RIVALS = ("ssh-D", "ssh-D-gcm", "ss")


class Results:
    def __init__(self, files):
        self.rows, self.bad = {}, {}
        for name in files:
            with open(name) as f:
                for line in f:
                    self.add(json.loads(line))

    def add(self, d):
        cell = self.rows.setdefault(d["profile"], {}).setdefault(d["system"], {})
        cell.setdefault(d["case"], []).append(d)
        if d.get("failures"):
            key = (d["profile"], d["system"], d["case"], d.get("error"))
            self.bad[key] = self.bad.get(key, 0) + d["failures"]

    def values(self, profile, system, case, key):
        runs = self.rows.get(profile, {}).get(system, {}).get(case, [])
        return [d[key] for d in runs if d.get(key) is not None]

    def median(self, profile, system, case, key):
        v = self.values(profile, system, case, key)
        return statistics.median(v) if v else None

    def limit(self, profile, case, key, limit, base):
        """The number that gw must meet, or None when the run does not hold what it needs."""
        if base is None:
            return limit
        if base == "rtt":
            rtt = self.median(profile, "raw", "ping", "p50_us")
            return None if rtt is None else limit[0] * rtt + limit[1]
        got = [self.median(profile, s, case, key) for s in (RIVALS if base == "best" else [base])]
        got = [x for x in got if x is not None]
        return limit * max(got) if got else None


def number(x):
    if x is None:
        return "-"
    return f"{x:.3f}" if abs(x) < 10 else f"{x:.1f}" if abs(x) < 1000 else f"{x:.0f}"


def print_table(res, profile):
    systems = res.rows[profile]
    cols = [c for c in COLUMNS if any(res.values(profile, s, c[0], c[1]) for s in systems)]
    rounds = max(len(v) for s in systems.values() for v in s.values())
    print(f"\n## {profile}: median (lowest..highest) of {rounds} rounds\n")
    print("| | " + " | ".join(systems) + " |\n|" + "---|" * (len(systems) + 1))
    for case, key, factor, head in cols:
        cells = []
        for system in systems:
            v = [x * factor for x in res.values(profile, system, case, key)]
            spread = f" ({number(min(v))}..{number(max(v))})" if len(v) > 1 else ""
            cells.append(number(statistics.median(v)) + spread if v else "-")
        print(f"| {case}: {head} | " + " | ".join(cells) + " |")


def owed(res):
    lines = []
    for profile, case, key, sense, limit, base in OWED:
        got = res.median(profile, "gw", case, key)
        need = res.limit(profile, case, key, limit, base)
        if got is None or need is None:
            continue
        met = got >= need if sense == ">=" else got <= need if sense == "<=" else got < need
        lines.append({"profile": profile, "case": case, "key": key, "gw": got, "sense": sense,
                      "owed": round(need, 4), "against": base, "met": met,
                      "ratio": round(got / need, 3) if need else None})
    return lines


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("files", nargs="+")
    ap.add_argument("--json", help="write medians and what is owed there")
    a = ap.parse_args()
    res = Results(a.files)
    for profile in res.rows:
        print_table(res, profile)
    lines = owed(res)
    if lines:
        print("\n## owed\n\n| profile | case | gw | owed | gw / owed | |\n|---|---|---|---|---|---|")
    for o in lines:
        against = f" ({o['against']})" if o["against"] else ""
        print(f"| {o['profile']} | {o['case']} {o['key']} | {number(o['gw'])} | {o['sense']} "
              f"{number(o['owed'])}{against} | {o['ratio']} | {'met' if o['met'] else 'MISSED'} |")
    for (profile, system, case, error), n in res.bad.items():
        print(f"failed: {profile} {system} {case}: {n} x {error}")
    if a.json:
        medians = {p: {s: {c: {k: res.median(p, s, c, k) for k in runs[0]
                               if isinstance(runs[0][k], (int, float))}
                           for c, runs in cs.items()} for s, cs in ss.items()}
                   for p, ss in res.rows.items()}
        with open(a.json, "w") as f:
            json.dump({"medians": medians, "owed": lines}, f, indent=1)


if __name__ == "__main__":
    main()
