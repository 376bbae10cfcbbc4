// SPDX-License-Identifier: GPL-2.0-or-later
// Broker: the parts of the main process, put together.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/application_intake.hpp"
#include "broker/dispatcher.hpp"
#include "broker/kernel_intake.hpp"
#include "broker/keyring.hpp"
#include "broker/snapshot.hpp"
#include "broker/worker_pool.hpp"
#include "netlink/handshake_socket.hpp"

namespace ktls {

// The upcall of one network namespace, opened but not subscribed to.
struct KernelSource {
  std::string network_namespace; // its path; empty: our own
  HandshakeSocket socket;
};

class Broker {
public:
  // Called once, when handshakes can be done and both intakes are open.
  using OnServing = std::function<void()>;

  // The loop's exit status becomes 1 when the agent cannot start.
  Broker(EventLoop& loop, policy::Settings settings, Snapshot snapshot, std::string helpers,
         std::vector<KernelSource> kernel, OnServing on_serving);

  void start() { pool_.start_all(); }
  // Everyone who waits gets an answer.
  void stop();

private:
  WorkerPool::Handlers pool_handlers();
  void give_up_unless_serving();
  Result<> open_intakes();
  Result<> open_kernel_intake(KernelSource source);

  EventLoop& loop_;
  policy::Settings settings_;
  Snapshot snapshot_;
  std::vector<KernelSource> kernel_sources_;
  OnServing on_serving_;
  bool serving_ = false;
  KeyringLinks keyrings_; // the dispatcher's requests hold some
  WorkerPool pool_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<KernelIntake>> kernel_;
  std::unique_ptr<ApplicationIntake> applications_;
};

} // namespace ktls
