# SPDX-License-Identifier: GPL-2.0-or-later
# lib.sh: what the scenarios share; source it first. A scenario runs as root, with an empty SCENARIO_DIR.
# shellcheck shell=bash
set -euo pipefail

# shellcheck disable=SC2034 # used by the scenarios
build=${KTLS_BUILD:?names the build tree}

note() { echo "-- $*"; }
fail() { echo "FAILED: $*"; exit 1; }

need_command() { command -v "$1" >/dev/null || fail "no such command: $1"; }

# Runs COMMAND until it succeeds, for SECONDS at most.
wait_for() {
  local seconds=$1 end; shift
  end=$((${EPOCHREALTIME/./} + seconds * 1000000))
  until "$@"; do
    ((${EPOCHREALTIME/./} < end)) || { note "waited $seconds s in vain for: $*"; return 1; }
    sleep 0.05
  done
}

# Certificates for all scenarios of a boot, made once: ca.pem; server.{pem,key} for localhost and its addresses,
# client.{pem,key}; intruder-ca.pem and intruder.{pem,key}, which nobody trusts.
pki=/run/scenario-pki
make_pki() {
  [[ ! -e $pki/ready ]] || return 0
  need_command openssl
  mkdir -p "$pki"
  authority ca "Test CA"
  authority intruder-ca "Intruder CA"
  issue ca server localhost serverAuth "DNS:localhost,IP:127.0.0.1,IP:::1"
  issue ca client alice clientAuth "email:alice@example.org"
  issue intruder-ca intruder mallory clientAuth "email:alice@example.org"
  touch "$pki/ready"
}

# authority NAME COMMON_NAME: a self-signed CA, NAME.{pem,key}
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$1.key" -out "$pki/$1.pem" \
    -subj "/CN=$2" -days 30 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    2>/dev/null
}

# issue CA NAME COMMON_NAME PURPOSE SUBJECT_ALT_NAME [OPENSSL_X509_OPTION...]: NAME.{pem,key}, issued by CA
issue() {
  local ca=$1 name=$2 common_name=$3 purpose=$4 alternative=$5; shift 5
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$name.key" -subj "/CN=$common_name" \
    2>/dev/null |
    openssl x509 -req -CA "$pki/$ca.pem" -CAkey "$pki/$ca.key" -days 30 -out "$pki/$name.pem" \
      -extfile <(printf '%s\n' "subjectAltName=$alternative" "extendedKeyUsage=$purpose" \
        keyUsage=critical,digitalSignature basicConstraints=critical,CA:FALSE) "$@" 2>/dev/null
}

# issue_dated CA NAME COMMON_NAME PURPOSE SUBJECT_ALT_NAME FROM TO: as issue, valid between two days as date(1) has them
issue_dated() {
  local ca=$1 name=$2 common_name=$3 purpose=$4 alternative=$5 from=$6 to=$7
  ca_settings "$ca" "subjectAltName=$alternative" "extendedKeyUsage=$purpose" keyUsage=critical,digitalSignature \
    basicConstraints=critical,CA:FALSE
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$pki/$name.key" -out "$pki/$name.csr" \
    -subj "/CN=$common_name" 2>/dev/null
  with_ca "$ca" -batch -notext -startdate "$(date -u -d "$from" +%Y%m%d%H%M%SZ)" \
    -enddate "$(date -u -d "$to" +%Y%m%d%H%M%SZ)" -in "$pki/$name.csr" -out "$pki/$name.pem"
}
# revoke CA NAME...: CA-crl.pem, a list with these
revoke() {
  local ca=$1 name; shift
  ca_settings "$ca"
  for name in "$@"; do with_ca "$ca" -revoke "$pki/$name.pem"; done
  with_ca "$ca" -gencrl -crldays 30 -out "$pki/$ca-crl.pem"
}
# For openssl ca: its files are the scenario's own.
ca_settings() {
  local ca=$1; shift
  touch "$SCENARIO_DIR/$ca.index"
  printf '%s\n' '[ca]' default_ca=it '[it]' policy=any "database=$SCENARIO_DIR/$ca.index" rand_serial=yes \
    "new_certs_dir=$SCENARIO_DIR" unique_subject=no default_md=sha256 x509_extensions=ext '[any]' commonName=optional \
    '[ext]' "$@" >"$SCENARIO_DIR/$ca.cnf"
}
with_ca() {
  local ca=$1; shift
  openssl ca -config "$SCENARIO_DIR/$ca.cnf" -cert "$pki/$ca.pem" -keyfile "$pki/$ca.key" "$@" \
    2>"$SCENARIO_DIR/ca.log" || { cat "$SCENARIO_DIR/ca.log"; fail "openssl ca $*"; }
}

# A rule and a profile for whoever asks for the client or the server role, in which both are mutually trusted; for
# start_ktlsd. The profile's table comes last: what follows belongs to it.
client_table() {
  role_rule client
  credential_table client "${1:-client}"
  printf '[profile.client]\n'
  printf '%s = "%s"\n' handshake_role client credentials client truststore "$pki/ca.pem"
}
server_table() {
  role_rule server
  credential_table server server
  printf '[profile.server]\n'
  printf '%s = "%s"\n' handshake_role server-with-client-auth credentials server truststore "$pki/ca.pem" \
    client_auth_type "${1:-required}"
}
# psk_table ROLE FILE: pre-shared keys of this file for whoever asks for the role
psk_table() {
  role_rule "$1"
  printf '[profile.%s]\nhandshake_role = "%s"\npsk_file = "%s"\n' "$1" "$1" "$2"
}
# role_rule ROLE: all who ask for this role get the profile of that name
role_rule() {
  printf '[[rule]]\n'
  printf '%s = "%s"\n' name "$1" role "$1" profile "$1"
}
# credential_table NAME FILE: FILE.pem with FILE.key
credential_table() {
  printf '[credential.%s]\n' "$1"
  printf '%s = "%s"\n' certificate "$pki/$2.pem" private_key "$pki/$2.key"
}

# start_ktlsd TOML...: starts the agent with this configuration, and waits until it serves. The first TOML may start
# with keys of [agent]. `ktlsd_program` and `helpers` may name others, `ktlsd_stderr` what leads to the log. Sets ktlsd_pid; its log
# is ktlsd_log, shown when the scenario fails.
ktlsd_starts=0
start_ktlsd() {
  ktlsd_log=$SCENARIO_DIR/ktlsd-$((++ktlsd_starts)).log
  export KTLSCTL_AGENT_SOCKET=$SCENARIO_DIR/agent.sock
  {
    printf '[agent]\nsocket = "%s"\n' "$KTLSCTL_AGENT_SOCKET"
    printf '%s\n' "$@"
  } >"$SCENARIO_DIR/ktlsd.toml"
  "${ktlsd_program:-$build/bin/ktlsd}" --config "$SCENARIO_DIR/ktlsd.toml" --helpers "${helpers:-$build/bin}" 2>>"${ktlsd_stderr:-$ktlsd_log}" &
  ktlsd_pid=$!
  trap 'status=$?; ((status == 0)) || { echo "-- ktlsd:"; cat "$SCENARIO_DIR"/ktlsd-*.log; }' EXIT
  wait_for 10 grep -qs "is ready" "$ktlsd_log" || fail "ktlsd did not start"
}
stop_ktlsd() { kill "$ktlsd_pid" && wait "$ktlsd_pid"; }

# expect TEXT FILE: FILE holds TEXT
expect() { grep -qF -- "$1" "$2" || { note "$2:"; cat "$2"; fail "expected in $2: $1"; }; }
expect_log() { wait_for 5 grep -qF -- "$1" "$ktlsd_log" || fail "ktlsd did not log: $1"; }
