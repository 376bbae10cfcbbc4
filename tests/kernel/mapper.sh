# SPDX-License-Identifier: GPL-2.0-or-later
# mapper.sh: ktls-mapd as it is installed, for scenarios under systemd; source it after lib.sh.
# shellcheck shell=bash disable=SC2154 # lib.sh has them

# What the package would install, once in a boot; its programs where the unit looks for them.
install_mapd() {
  local source; source=$(realpath "${BASH_SOURCE[0]%/*}/../../systemd")
  install -D -m 755 -t /usr/local/sbin "$build/bin/ktls-mapd"
  install -D -m 755 -t /usr/local/libexec/ktlsd "$build/bin/ktls-mapd-account"
  install -D -m 644 "$source/ktls-mapd.sysusers.conf" /usr/lib/sysusers.d/ktls-mapd.conf
  install -D -m 644 -t /usr/share/dbus-1/system-services "$source/org.ktlsctl.Mapper1.service"
  install -D -m 644 -t /usr/share/dbus-1/system.d "$source/org.ktlsctl.Mapper1.conf"
  install -D -m 644 -t /etc/systemd/system "$build/systemd/ktls-mapd.service"
  systemd-sysusers ktls-mapd.conf
  id ktlsd >/dev/null 2>&1 || useradd --system --no-create-home ktlsd
  systemctl daemon-reload
  busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
  trap 'status=$?; ((status == 0)) || { echo "-- ktls-mapd:"; journalctl --no-pager --unit=ktls-mapd.service; }' EXIT
}

# configure_mapd TOML...: this is in force from now on
configure_mapd() {
  mkdir -p /etc/ktlsd
  printf '%s\n' "$@" >/etc/ktlsd/mapd.toml
  systemctl restart ktls-mapd.service
}

# ask METHOD [ARGUMENT...]: as root; what busctl prints, or the error
ask() {
  busctl --system --timeout=20 call org.ktlsctl.Mapper1 /org/ktlsctl/Mapper1 org.ktlsctl.Mapper1 "$@" 2>&1
}

# account USER|UID STATE [TEXT]: what CheckAccount says, and why
account() {
  local uid=$1 got
  [[ $uid == [0-9]* ]] || uid=$(id -u "$1")
  got=$(ask CheckAccount u "$uid") || true
  [[ $got == "ua{sv} $2 "* ]] || fail "account $1: expected the state $2, got: $got"
  [[ $got == *"${3:-}"* ]] || fail "account $1: expected '${3:-}' in: $got"
  note "account $1: $got"
}

# bytes FILE.pem: a chain of this certificate, for busctl
chain() {
  local bytes
  mapfile -t bytes < <(openssl x509 -in "$1" -outform DER | od -An -v -tu1 -w1 | tr -d ' ')
  echo "1 ${#bytes[@]} ${bytes[*]}"
}
sha256() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }

# maps FILE.pem TEXT: what MapCertificate answers begins with TEXT, or has the error of this name
maps() {
  local got
  # shellcheck disable=SC2046 # words
  got=$(ask MapCertificate 'aaya{sv}' $(chain "$1") 0) || true
  # busctl says what the error's message is, the journal its name
  [[ $got == "$2"* || $got == *"$2"* ]] || fail "$1: expected '$2', got: $got"
  note "${1##*/}: $got"
}
# refusal NAME: the last decision was a refusal of this name
refusal() {
  wait_for 5 last_refusal "$1" || fail "expected the refusal $1: $(journalctl --unit=ktls-mapd.service --no-pager -n 3)"
}
last_refusal() {
  [[ $(journalctl --unit=ktls-mapd.service --no-pager --output=json -n 1 --output-fields=KTLS_MAP_REFUSAL) == *"\"KTLS_MAP_REFUSAL\":\"$1\""* ]]
}
