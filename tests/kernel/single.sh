# SPDX-License-Identifier: GPL-2.0-or-later
# single.sh: one connection after the other, each with little or no data; source it behind peers.sh.
# shellcheck shell=bash

# Where the server of a connection is, and what plain-peer is started by, such as setpriv with its options.
host=127.0.0.1
as=()

# listen [OPTION...]: plain-peer as a server in the background, for one connection. What it says is in app.log.
listen() {
  ((++port))
  timeout 20 "${as[@]}" "$build/bin/plain-peer" listen "$host" $port "$@" >"$SCENARIO_DIR/app.log" 2>&1 &
  app=$!
  wait_for 10 listening || fail "plain-peer does not listen"
}
# serve COMMAND...: the peer as a server in the background. What it says is in peer.log.
serve() {
  "$@" <>"$SCENARIO_DIR/endless" >"$SCENARIO_DIR/peer.log" 2>&1 &
  server=$!
  wait_for 10 listening || { cat "$SCENARIO_DIR/peer.log"; fail "no peer: $*"; }
}
# connect_to COMMAND...: plain-peer as a client of it, which asks for `peer_name`
connect_to() {
  ((++port))
  serve "$@"
  timeout 20 "${as[@]}" "$build/bin/plain-peer" connect "$host" $port --peer-name "${peer_name-localhost}" \
    >"$SCENARIO_DIR/app.log" 2>&1 &
  app=$!
}
[[ -e $SCENARIO_DIR/endless ]] || mkfifo "$SCENARIO_DIR/endless"

# peer COMMAND...: a client, to its end. It may fail.
peer() { timeout 15 "$@" >"$SCENARIO_DIR/peer.log" 2>&1 || true; }
# The same for OpenSSL, which stays until plain-peer closes.
s_client() { peer openssl s_client -connect "$host:$port" -CAfile "$pki/ca.pem" -ign_eof "$@" </dev/null; }

# secured TEXT...: plain-peer was secured, and its line has these
secured() {
  local status=0 text; wait $app || status=$?
  ((status == 0)) || said "the transfer failed"
  for text in "secured: " "$@"; do
    grep -qF -- "$text" "$SCENARIO_DIR/app.log" || said "the application was not told: $text"
  done
  end_server
}
# refused REASON: plain-peer was not, for this reason
refused() {
  local status=0; wait $app || status=$?
  grep -q "^plain-peer: $1: " "$SCENARIO_DIR/app.log" && ((status == 1)) || said "the application was not told $1"
  end_server
}
end_server() {
  [[ -n ${server:-} ]] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" || true
  server=
}
# saw PATTERN...: the peer said these
saw() {
  local pattern
  for pattern in "$@"; do
    wait_for 5 grep -qiE -- "$pattern" "$SCENARIO_DIR/peer.log" || said "the peer did not say: $pattern"
  done
}
did_not_see() { if grep -qiE -- "$1" "$SCENARIO_DIR/peer.log"; then said "the peer said: $1"; fi; }
said() {
  echo "-- the application:"; cat "$SCENARIO_DIR/app.log"
  echo "-- the peer:"; cat "$SCENARIO_DIR/peer.log"
  fail "$1"
}
