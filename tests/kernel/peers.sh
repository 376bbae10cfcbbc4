# SPDX-License-Identifier: GPL-2.0-or-later
# peers.sh: transfers between an application that ktlsd secures and other TLS implementations.
# shellcheck shell=bash

port=4433
data=$SCENARIO_DIR/data
size=0

# An ordinary network's: records span segments.
ip link set lo mtu 1500

# make_data [BYTES]: to-app and to-peer, of lines that no program takes for a command. Default: a little more than
# 10 MB each.
make_data() {
  local name
  for name in app peer; do head -c "${1:-8000000}" /dev/urandom | base64 -w 4000 >"$data-to-$name"; done
  size=$(stat -c %s "$data-to-app")
}

# counter NAME: the kernel's own count, for this network namespace
counter() { awk -v name="$1" '$1 == name { print $2 }' /proc/net/tls_stat; }

listening() { [[ -n $(ss -Hltn "sport = :$port") ]]; }

# A program whose standard input is a file, and then stays open.
feed() { local file=$1; shift; { cat "$file"; exec sleep 300; } | "$@"; }

# openssl_server, openssl_client, gnutls_server, gnutls_client: a peer in the background that sends to-app and
# writes what it gets to from-app. Further arguments go to it. `peer_tls` may name openssl another version: tls1_2.
openssl_server() {
  feed "$data-to-app" openssl s_server -quiet -naccept 1 -accept $port "-${peer_tls:-tls1_3}" -cert "$pki/server.pem" \
    -key "$pki/server.key" -CAfile "$pki/ca.pem" -Verify 1 "$@" >"$data-from-app" 2>"$SCENARIO_DIR/peer.log" &
  wait_for 10 listening
}
openssl_client() {
  feed "$data-to-app" openssl s_client -quiet -connect "${peer_target:-127.0.0.1:$port}" "-${peer_tls:-tls1_3}" \
    -cert "$pki/client.pem" -key "$pki/client.key" -CAfile "$pki/ca.pem" -verify_return_error \
    -verify_hostname localhost "$@" >"$data-from-app" 2>"$SCENARIO_DIR/peer.log" &
}
# Echoes: what it gets is what it sends.
gnutls_server() {
  gnutls-serv --echo --port=$port --x509certfile="$pki/server.pem" --x509keyfile="$pki/server.key" \
    --x509cafile="$pki/ca.pem" --require-client-cert --verify-client-cert "$@" >"$SCENARIO_DIR/peer.log" 2>/dev/null &
  wait_for 10 listening
}
gnutls_client() {
  feed "$data-to-app" env LD_PRELOAD="$build/lib/libkeep-buffering.so" gnutls-cli --logfile="$SCENARIO_DIR/peer.log" --port=$port --x509certfile="$pki/client.pem" \
    --x509keyfile="$pki/client.key" --x509cafile="$pki/ca.pem" "$@" 127.0.0.1 >"$data-from-app" &
}

# app_client, app_server: plain-peer, sending to-peer and expecting 10 MB. Its first line is kept in `secured`.
app_client() { application connect "${app_target:-127.0.0.1}" $port "$@"; }
app_server() { application listen "${app_target:-127.0.0.1}" $port "$@"; }
application() {
  local before after; before=$(counter TlsTxSw)
  "$build/bin/plain-peer" "$@" --send "$data-to-peer" --receive "$data-from-peer" --expect "$size" \
    >"$SCENARIO_DIR/app.log" 2>&1 || {
    cat "$SCENARIO_DIR/app.log" "$SCENARIO_DIR/peer.log"
    fail "the application's transfer failed"
  }
  secured=$(grep '^secured:' "$SCENARIO_DIR/app.log") || fail "plain-peer did not say that it is secured"
  note "$secured"
  after=$(counter TlsTxSw)
  ((after == before + 1)) || fail "the kernel counts $((after - before)) new sessions, not 1"
  (($(counter TlsDecryptError) == 0)) || fail "the kernel could not decrypt a record"
}

same() { cmp "$1" "$2" || fail "$2 is not what was sent"; }
complete() { [[ $(stat -c %s "$1") == "$size" ]]; }

# What was sent each way has arrived.
check_transfer() {
  wait_for 10 complete "$data-from-app" || fail "the peer did not get all of it"
  same "$data-to-app" "$data-from-peer"
  same "$data-to-peer" "$data-from-app"
}
