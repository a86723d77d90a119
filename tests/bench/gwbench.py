#!/usr/bin/env python3
"""gwbench.py - side-by-side benchmark of TCP gateways between two network namespaces.

Each round starts each system in turn (the order turns round every round), runs the cases and
appends one JSON line a case to the result file; report.py makes the table.  Needs root.
The gw under test is $GW, default the ./gw of this tree.
"""
import argparse
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback

import cases
from lab import Lab
from systems import SYSTEMS


def options():
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--profiles", default="lan,nooff,wan")
    ap.add_argument("--systems", default=",".join(SYSTEMS))
    ap.add_argument("--cases", help="default: those of the profile; there are " + " ".join(cases.CASES))
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--secs", type=float, default=5, help="length of a bulk measurement")
    ap.add_argument("--cc", default="cubic", help="TCP congestion control")
    ap.add_argument("--out", required=True, help="result file, JSON lines, appended to")
    a = ap.parse_args()
    for kind, given, known in (("profile", a.profiles, cases.DEFAULT), ("system", a.systems, SYSTEMS),
                               ("case", a.cases or "ping", cases.CASES)):
        for name in given.split(","):
            if name not in known:
                ap.error(f"no such {kind}: {name}; there are {', '.join(known)}")
    return a


def chosen_cases(a, profile, system):
    if a.cases:
        return a.cases.split(",")
    return [c for c in cases.DEFAULT[profile]
            if c not in cases.HEAVY or system in ("gw", "ss")]


def run_system(a, lab, profile, system, number, emit):
    head = {"profile": profile, "cc": lab.cc, "round": number, "system": system}
    try:
        path = SYSTEMS[system](lab)
        for name in chosen_cases(a, profile, system):
            result = cases.CASES[name](lab, system, path)
            if result is not None:
                emit({**head, "case": name, **result, "load": os.getloadavg()[0]})
    except Exception as e:
        traceback.print_exc()
        emit({**head, "case": "start", "failures": 1, "error": f"{type(e).__name__}: {e}"[:300]})
    finally:
        lab.stop_system()


def run_profile(a, profile, emit):
    tmp = tempfile.mkdtemp(prefix="gwbench-")
    lab = Lab(profile, a.cc, tmp)
    try:
        lab.up()
        for number in range(a.rounds):
            names = a.systems.split(",")
            for system in reversed(names) if number % 2 else names:
                run_system(a, lab, profile, system, number, emit)
    finally:
        lab.down()
        shutil.rmtree(tmp, ignore_errors=True)


def main():
    a = options()
    cases.SECS = a.secs
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with open(a.out, "a") as out:
        def emit(line):
            text = json.dumps(line)
            print(text, flush=True)
            out.write(text + "\n")
            out.flush()
        for profile in a.profiles.split(","):
            run_profile(a, profile, emit)


if __name__ == "__main__":
    main()
