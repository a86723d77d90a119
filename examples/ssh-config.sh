#!/bin/sh
# ssh-config.sh - prints a Host block for every name of the names file, for ~/.ssh/config.
#
#   sh examples/ssh-config.sh [DIR] >> ~/.ssh/config
#
# DIR is the directory of gw, unless it is the usual one.  `ssh NAME` then goes through gw, and so do
# scp, sftp, rsync and git.  `gw nc` works without a running daemon, too.
set -eu

gw=gw
dir=${GW_HOME:-${XDG_CONFIG_HOME:-$HOME/.config}/gw}
if [ $# -gt 0 ]; then
    dir=$(CDPATH='' cd "$1" && pwd)
    gw="gw -d $dir"
fi
[ -r "$dir/names" ] || { echo "ssh-config.sh: there is no $dir/names" >&2; exit 1; }

# Host keys are remembered under the name, so they stay good when the machine moves.
awk -v gw="$gw" '
    NF && $1 !~ /^#/ {
        print "Host " $1
        print "    HostKeyAlias " $1
        print "    ProxyCommand " gw " nc %h %p"
        print ""
    }' "$dir/names"
