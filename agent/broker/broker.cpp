// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/broker.hpp"

#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "tls/psk.hpp"

namespace ktls {
namespace {

unsigned worker_count(const policy::Settings& settings) {
  const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);
  return settings.workers == 0 ? std::min(processors, policy::max_workers) : settings.workers;
}

Dispatcher::Limits limits_of(const policy::Settings& settings) {
  return {settings.max_handshakes,
          settings.max_queued,
          {settings.max_handshakes_per_uid, settings.max_handshakes_per_address},
          settings.first_byte_timeout};
}

} // namespace

Broker::Broker(EventLoop& loop, policy::Settings settings, Snapshot snapshot, std::string helpers,
               std::vector<KernelSource> kernel, OnServing on_serving)
    : loop_(loop), settings_(std::move(settings)), snapshot_(std::move(snapshot)),
      kernel_sources_(std::move(kernel)), on_serving_(std::move(on_serving)),
      pool_(loop, std::move(helpers), snapshot_, worker_count(settings_), pool_handlers()),
      dispatcher_(loop, pool_, snapshot_.profiles, limits_of(settings_)) {}

WorkerPool::Handlers Broker::pool_handlers() {
  WorkerPool::Handlers handlers;
  handlers.on_available = [this] {
    if (!serving_) {
      if (const auto opened = open_intakes(); !opened) {
        log::error("{}", opened.error().message());
        return loop_.exit(1);
      }
      serving_ = true;
      on_serving_();
    }
    dispatcher_.on_available();
  };
  handlers.on_finished = [this](WorkerPool::Index worker, const ipc::HandshakeFinished& message) {
    dispatcher_.on_finished(worker, message);
  };
  handlers.on_psk_request = [this](WorkerPool::Index worker, const ipc::PskRequest& message) {
    dispatcher_.on_psk_request(worker, message);
  };
  handlers.on_lost = [this](WorkerPool::Index worker, Workers::Loss loss) {
    dispatcher_.on_lost(worker, loss);
    give_up_unless_serving();
  };
  handlers.on_signer_lost = [this] { give_up_unless_serving(); };
  handlers.on_unusable = [](const std::string& problem) { log::error("{}", problem); };
  return handlers;
}

// Helpers that cannot even start are for whoever started the agent to see to.
void Broker::give_up_unless_serving() {
  if (!serving_)
    loop_.exit(1);
}

Result<> Broker::open_intakes() {
  const ApplicationIntake::Limits limits{settings_.request_timeout, settings_.handshake_timeout,
                                         settings_.max_connections,
                                         settings_.max_connections_per_uid};
  ApplicationIntake::Handlers handlers;
  handlers.submit = [this](HandshakeRequest request) {
    return dispatcher_.submit(std::move(request));
  };
  handlers.cancel = [this](std::uint64_t id) { dispatcher_.cancel(id); };
  applications_ =
      TRY(ApplicationIntake::create(loop_, settings_.socket, limits, std::move(handlers)));
  for (auto& source : std::exchange(kernel_sources_, {}))
    TRY(open_kernel_intake(std::move(source)));
  return {};
}

Result<> Broker::open_kernel_intake(KernelSource source) {
  const std::string place =
      source.network_namespace.empty() ? "" : " of " + escape(source.network_namespace);
  const auto able = source.socket.probe();
  if (able)
    log::info("the kernel{} takes {}", place,
              able->tags ? "tags of a peer with its handshakes" : "no tags with handshakes");
  else
    log::warning("what the kernel{} takes is not known: {}", place, able.error().message());
  TRY(source.socket.subscribe());
  KernelIntake::Options options;
  options.psk = settings_.kernel_psk;
  options.psk_sha384 = tls::can_use_psk_with_sha384();
  options.network_namespace = escape(source.network_namespace);
  kernel_.push_back(TRY(KernelIntake::create(
      loop_, std::make_unique<HandshakeSocket>(std::move(source.socket)),
      [this](HandshakeRequest request) { (void)dispatcher_.submit(std::move(request)); }, keyrings_,
      std::move(options))));
  return {};
}

void Broker::stop() {
  dispatcher_.end_all(Reason::AgentStopping);
  applications_.reset();
  loop_.exit(0);
}

} // namespace ktls
