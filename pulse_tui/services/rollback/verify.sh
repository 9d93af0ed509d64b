#!/bin/sh
# Verifies the bundle of one run that lies around this script: sh verify.sh [ANCHORS [SIGNERS]]
#
# ANCHORS is a file with heads of the audit log as you kept them (or a copy of the system's log), SIGNERS your own
# allowed_signers. Needs a shell, sha256sum, ssh-keygen (OpenSSH 8.1 or newer), find, xargs, sort, awk, grep, sed, cut,
# tail and cmp. Nothing is written, and nothing outside of the bundle is read but these two files. Exits with 0 only when all holds.
set -eu
fail() {
  printf 'FAILED: %s\n' "$1" >&2
  exit 1
}
files() {
  find "$1" -type f ! -path ./SHA256SUMS | LC_ALL=C sort
}
digest() {
  sha256sum <"$1" | cut -c 1-64
}
from_here() {
  case $1 in /*) printf '%s\n' "$1" ;; *) printf '%s/%s\n' "$PWD" "$1" ;; esac
}
anchors=${1:+$(from_here "$1")}
signers=${2:+$(from_here "$2")}
cd "$(dirname "$0")"

# Every file is as it was written, none is missing, and none was added.
files . | xargs sha256sum | cmp - SHA256SUMS

# A signed vote: by this person, for this purpose, over this hash and given when the log ended at this line.
signed() {
  ssh-keygen -Y verify -f "${signers:-allowed_signers}" -I "$1" -n pulse-approve@v1 -s "$2.sig" <"$2.json" ||
    fail "$2.json is not signed by $1"
  grep -qF "\"$3\"" "$2.json" || fail "$2.json is a vote on something else"
  [ "$4" = - ] || grep -qF "\"$(sed -n 1p "$4")\"" "$2.json" || fail "$2.json was given when the log ended elsewhere"
}

# The text of a record has the hash that the log recorded last.
recorded() {
  last=$(files chain | xargs grep -ho "\"$1\":\"[0-9a-f]*\"" | tail -n 1)
  [ "$last" = "\"$1\":\"$(digest "$2")\"" ] || fail "$2 is not as the log recorded it"
}

# Each line of the log begins with the hash of the line before it; prints the hash of the last one.
chained() {
  files chain | xargs sha256sum | awk '
    { first = ""; getline first < $2; close($2) }
    NR > 1 && first != before { broken = $2; exit }
    { before = $1 }
    END { print broken ? "broken at " broken : before }'
}

unsigned=0
while read -r what one two three four; do
  case $what in
  text) [ "$(digest "$two")" = "$one" ] || fail "$two does not have the hash $one" ;;
  record) recorded "$one" "$two" ;;
  signed) signed "$one" "$two" "$three" "$four" ;;
  unsigned) unsigned=$((unsigned + 1)) && printf 'NOT SIGNED: the vote of %s\n' "$one" ;;
  audit)
    head=$(chained)
    [ "$head" = "$two" ] || fail "the lines of the log do not end at $two: $head"
    [ -z "$anchors" ] || grep -qw "audit $one $two" "$anchors" || fail "$anchors has no anchor of line $one"
    ;;
  run | line) ;;
  *) fail "CONTENTS has a line that is not known: $what" ;;
  esac
done <CONTENTS

run=$(sed -n 's/^run //p' CONTENTS)
end=$(sed -n 's/^audit //p' CONTENTS)
[ -n "$end" ] || fail "CONTENTS names no end of the log"
printf 'The log up to: audit %s\n' "$end"
[ -n "$anchors" ] || printf 'Compare that line with an anchor that you kept: sh verify.sh ANCHORS\n'
[ -n "$signers" ] || [ ! -f allowed_signers ] || printf 'Compare the keys with those you know: ssh-keygen -lf allowed_signers\n'
[ "$unsigned" = 0 ] || printf '%s of the votes are not signed: they are as sure as the log\n' "$unsigned"
files . | xargs sha256sum | cmp - SHA256SUMS && printf 'VERIFIED: run %s\n' "$run"
