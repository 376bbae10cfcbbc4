// SPDX-License-Identifier: GPL-2.0-or-later
// WorkerPool: the signer and the workers of one snapshot, kept running.
//
// The signer is started first and loads its keys; then come the workers, each with a channel of its
// own to the signer. A worker that ends is replaced after a delay that grows while it keeps ending.
// When the signer ends, its workers cannot sign any more: all are replaced.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/event_loop.hpp"
#include "base/process.hpp"
#include "broker/snapshot.hpp"
#include "ipc/connection.hpp"
#include "ipc/signer_protocol.hpp"
#include "ipc/worker_protocol.hpp"

namespace ktls {

// What the dispatcher needs of the pool; the seam for its tests.
class Workers {
public:
  using Index = std::size_t;
  virtual ~Workers() = default;
  // The ready worker with the fewest handshakes; none while none is ready.
  [[nodiscard]] virtual std::optional<Index> pick() const = 0;
  // False when it cannot take it; the handshake has then been ended, by on_lost if the worker is
  // being replaced.
  virtual bool start(Index worker, const ipc::StartHandshake& request, int socket) = 0;
  virtual void cancel(Index worker, std::uint64_t id) = 0;
  // Ends a worker that does not answer; on_lost follows before this returns.
  virtual void replace(Index worker) = 0;
};

class WorkerPool final : public Workers {
public:
  struct Handlers {
    std::function<void()> on_available; // a worker became ready
    std::function<void(Index, const ipc::HandshakeFinished&)> on_finished;
    std::function<void(Index)> on_lost; // its handshakes will not finish
    // The signer has all keys of the snapshot. Optional.
    std::function<void()> on_keys_loaded;
    // The signer ended, and is started again. Optional.
    std::function<void()> on_signer_lost;
    // Keys or certificates that cannot be used. Before the first worker is ready the process has no
    // use; later the pool keeps trying.
    std::function<void(const std::string&)> on_unusable;
  };

  // A pool of no workers only has the keys loaded, and starts nothing again.
  // `loop` and `snapshot` must outlive the pool. `helpers`: the directory of ktlsd-worker and
  // ktlsd-signer.
  WorkerPool(EventLoop& loop, std::string helpers, const Snapshot& snapshot, unsigned workers,
             Handlers handlers);

  void start_all() { start_signer(); }

  [[nodiscard]] std::optional<Index> pick() const override;
  bool start(Index worker, const ipc::StartHandshake& request, int socket) override;
  void cancel(Index worker, std::uint64_t id) override;
  void replace(Index worker) override;

private:
  enum class Phase { Down, Starting, Ready };
  struct Child {
    Phase phase = Phase::Down;
    std::optional<Process> process;
    std::unique_ptr<ipc::Connection> connection;
    Backoff backoff;
    Backoff::Clock::time_point started;
    EventSource restart;
  };
  struct Slot : Child {
    std::size_t handshakes = 0;
  };

  void start_signer();
  Result<> try_start_signer();
  void on_signer_packet(const ipc::Packet& packet);
  void on_key_loaded(const ipc::KeyLoaded& message);
  void on_all_keys_loaded();
  void lose_signer(const std::string& why);

  void start_worker(Index index);
  Result<> try_start_worker(Index index);
  void on_worker_packet(Index index, const ipc::Packet& packet);
  void lose_worker(Index index, const std::string& why);

  // Ends the child, logs, and calls `again` after the back-off.
  void lose(Child& child, std::string_view name, const std::string& why,
            std::function<void()> again);

  EventLoop& loop_;
  std::string helpers_;
  const Snapshot& snapshot_;
  Handlers handlers_;
  Child signer_;
  std::size_t keys_missing_ = 0;
  std::vector<Slot> slots_;
};

} // namespace ktls
