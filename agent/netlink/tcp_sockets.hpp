// SPDX-License-Identifier: GPL-2.0-or-later
// TcpSockets: what sock_diag(7) knows of, and does to, the TCP sockets of one network namespace:
// that in which this was opened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"
#include "netlink/netlink_port.hpp"
#include "netlink/socket_diag.hpp"

namespace ktls {

class TcpSockets {
public:
  static Result<TcpSockets> create();
  // `ends`: what the kernel tells of sockets that end; `queries`: everything else.
  TcpSockets(std::unique_ptr<NetlinkPort> ends, std::unique_ptr<NetlinkPort> queries)
      : ends_(std::move(ends)), queries_(std::move(queries)) {}

  // Readable when there are ends to be had.
  [[nodiscard]] int fd() const { return ends_->fd(); }
  struct Ends {
    std::vector<std::uint64_t> cookies;
    bool some_were_lost = false; // the kernel had more than the buffer takes: see alive()
  };
  // Those that have come, at once.
  Result<Ends> take_ends();

  // The cookies of all that are not closed.
  Result<std::unordered_set<std::uint64_t>> alive();
  // Those that have kernel TLS, whoever has set it up. Needs CAP_NET_ADMIN: else there are none.
  Result<std::vector<DiagSocket>> with_tls();
  // Of one of them; none: it has no kernel TLS, or is no more.
  Result<std::optional<DiagTls>> tls_of(const DiagConnection& connection);

  // Ends a connection, as build_destroy_query() says. 0 or an errno: ENOENT when it is no more,
  // EOPNOTSUPP when this kernel cannot.
  Result<int> destroy(const DiagConnection& connection);
  // Whether this kernel can, and we may; asks to end a connection that there cannot be.
  [[nodiscard]] bool can_destroy();

private:
  Result<std::vector<DiagMessage>> receive(std::uint32_t sequence);
  Result<> dump(DumpDetail detail, const std::function<void(const DiagSocket&)>& use);

  std::unique_ptr<NetlinkPort> ends_;
  std::unique_ptr<NetlinkPort> queries_;
  std::uint32_t sequence_ = 0;
};

} // namespace ktls
