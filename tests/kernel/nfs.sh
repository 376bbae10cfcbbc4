# SPDX-License-Identifier: GPL-2.0-or-later
# nfs.sh: an NFS server of the kernel in the scenario's own network namespace, and mounts of it.
# shellcheck shell=bash

# Serves $SCENARIO_DIR/export, which holds the file "greeting", on 127.0.0.1.
start_nfs_server() {
  local export=$SCENARIO_DIR/export
  for command in rpc.nfsd rpc.mountd exportfs nfsdcld mount.nfs4; do need_command $command; done
  mkdir -p "$export" && echo "hello over NFS" >"$export/greeting"
  mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
  mount -t tmpfs nfs-state /var/lib/nfs
  mkdir -p /var/lib/nfs/{rpc_pipefs,v4recovery,sm,nfsdcld} && touch /var/lib/nfs/{etab,rmtab}
  mount -t rpc_pipefs rpc_pipefs /var/lib/nfs/rpc_pipefs
  # it tells the server that no client of an earlier life is to be waited for
  nfsdcld -p /var/lib/nfs/rpc_pipefs
  rpc.mountd --no-udp -N 3
  exportfs -o rw,no_root_squash,fsid=0,insecure,no_subtree_check "*:$export"
  rpc.nfsd -N 3 -V 4.2 -G 10 -L 10 2
}

# The kernel's threads outlive whoever started them.
stop_nfs_server() { rpc.nfsd 0; exportfs -au; }

# mount_nfs OPTIONS: on $SCENARIO_DIR/mnt. No retries by mount.nfs: what the kernel says counts.
mount_nfs() {
  mkdir -p "$SCENARIO_DIR/mnt"
  timeout 40 mount -i -t nfs4 -o "vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1,$1" 127.0.0.1:/ "$SCENARIO_DIR/mnt"
}
