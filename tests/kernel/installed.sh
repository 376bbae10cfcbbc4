# SPDX-License-Identifier: GPL-2.0-or-later
# installed.sh: the agent as `cmake --install` puts it, for scenarios under systemd; source it after lib.sh. At the
# scenario's end it is gone again: what comes behind in this boot finds nothing of it.
# shellcheck shell=bash disable=SC2154 # lib.sh has them

prefix=/usr/local
# shellcheck disable=SC2034 # used by the scenarios
ktlsctl=$prefix/bin/ktlsctl
# What it may have started, and what it may have made besides; sockets before the service that they would start again.
installed_units=(ktlsd.socket ktlsd-metrics.socket ktlsd.service)
installed_copies=(/etc/ktlsd /run/ktlsd)

install_ktlsd() {
  local file
  cmake --install "$build" >"$SCENARIO_DIR/install.log" || { cat "$SCENARIO_DIR/install.log"; fail "cmake --install"; }
  trap 'status=$?; ((status == 0)) || { echo "-- ktlsd:"; journalctl --no-pager --lines=200 --unit=ktlsd.service; }
    uninstall_ktlsd' EXIT
  # dbus-daemon and polkit look there for what a package has put in /usr/share
  for file in dbus-1/system.d/org.ktlsctl.{Agent1,Mapper1}.conf polkit-1/actions/org.ktlsctl.agent1.policy; do
    install -m 644 "$prefix/share/$file" "/usr/share/$file"
    installed_copies+=("/usr/share/$file")
  done
  systemd-sysusers ktlsd.conf
  journalctl --update-catalog
  systemctl daemon-reload
  busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
}
uninstall_ktlsd() {
  systemctl stop "${installed_units[@]}"
  xargs --delimiter='\n' rm -f <"$build/install_manifest.txt"
  rm -rf "${installed_copies[@]}"
  systemctl daemon-reload
}

# install_pki: what make_pki has made, where the agent's user reads it
install_pki() {
  mkdir -p /etc/ktlsd
  cp -r "$pki" /etc/ktlsd/pki
  chown -R root:ktlsd /etc/ktlsd/pki
  chmod -R g+rX,o-rwx /etc/ktlsd/pki
  pki=/etc/ktlsd/pki
}

answers() { $ktlsctl status >"$SCENARIO_DIR/status" 2>&1; }
starts_ktlsd() { wait_for 20 answers || { cat "$SCENARIO_DIR/status"; fail "ktlsd does not answer"; }; }
main_pid() { systemctl show --value --property=MainPID ktlsd.service; }
