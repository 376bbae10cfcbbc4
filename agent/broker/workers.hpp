// SPDX-License-Identifier: GPL-2.0-or-later
// Workers: what the dispatcher needs of a pool of workers; the seam for its tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipc/worker_protocol.hpp"

namespace ktls {

class Workers {
public:
  using Index = std::size_t;
  // Why a worker is lost. Killed: from outside, by an administrator or for want of memory. Failed:
  // in any other way, perhaps by what a peer sent.
  enum class Loss { Killed, Failed };
  virtual ~Workers() = default;
  // The ready worker with the fewest handshakes; none while none is ready.
  [[nodiscard]] virtual std::optional<Index> pick() const = 0;
  // False when it cannot take it; the handshake has then been ended, by on_lost if the worker is
  // being replaced.
  virtual bool start(Index worker, const ipc::StartHandshake& request, int socket) = 0;
  virtual void cancel(Index worker, std::uint64_t id) = 0;
  virtual void give_psk(Index worker, const ipc::PskReply& reply) = 0;
  virtual void give_user(Index worker, const ipc::UserReply& reply) = 0;
  virtual void choose(Index worker, ipc::ChooseProfile choice) = 0;
  // Ends a worker that does not answer; on_lost follows before this returns.
  virtual void replace(Index worker) = 0;
};

} // namespace ktls
