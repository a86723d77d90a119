#!/bin/sh
# resolver.sh - a program that tells gw whose a name is, for
#
#   [node]
#   resolver = exec:/usr/local/bin/resolver.sh
#
# It reads a name as a line, `laptop.grewal`, and writes one line, or nothing when it knows none:
#
#   PEER-ID [MULTIADDR...] [ttl=SECONDS]
#
# This one looks into a list in the form of the names file, which a team may keep on a shared disk
# or in git.  A database, LDAP or a web server would do as well: see RESOLVER PROGRAMS in gw.conf(5).
list=$HOME/.config/gw/team-names

read -r name || exit 0
awk -v name="$name" '
/^#/ { next }
tolower($1) == name { sub(/#.*/, ""); $1 = ""; print substr($0, 2), "ttl=60"; exit }' "$list"
