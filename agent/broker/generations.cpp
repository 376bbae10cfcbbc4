// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/generations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/log.hpp"

namespace ktls {

unsigned worker_count(const policy::AgentSettings& agent) {
  const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);
  return agent.workers == 0 ? std::min(processors, policy::max_workers) : agent.workers;
}

struct Generations::Live {
  enum class State { Starting, InForce, Ended };

  Live(Configuration its_configuration, Done its_done)
      : configuration(std::move(its_configuration)), done(std::move(its_done)) {}

  Configuration configuration;
  Done done;
  State state = State::Starting;
  policy::Problems problems;
  std::unique_ptr<WorkerPool> pool;
  std::optional<Generation> view;
};

Dispatcher::Limits limits_of(const policy::AgentSettings& agent) {
  return {agent.max_handshakes,
          agent.max_queued,
          {agent.max_handshakes_per_uid, agent.max_handshakes_per_address}};
}

Generations::Generations(EventLoop& loop, std::string helpers, Dispatcher& dispatcher)
    : loop_(loop), helpers_(std::move(helpers)), dispatcher_(dispatcher) {}
Generations::~Generations() = default;

const Configuration* Generations::in_force() const {
  return current_ ? &current_->configuration : nullptr;
}
std::uint64_t Generations::number() const {
  return current_ ? current_->view->number : 0;
}

void Generations::follow(Configuration configuration, Done done) {
  check(can_follow(), "one policy follows at a time");
  next_ = std::make_shared<Live>(std::move(configuration), std::move(done));
  auto& live = *next_;
  const auto& settings = live.configuration;
  live.pool = std::make_unique<WorkerPool>(
      loop_, helpers_, settings.snapshot, worker_count(settings.policy.agent()), handlers_of(live));
  live.view.emplace(Generation{(current_ ? number() : last_number_) + 1, settings.policy,
                               settings.snapshot.profiles, *live.pool});
  auto timer = loop_.on_time(loop_.now() + start_limit, [this] {
    next_->problems.lines.push_back(
        fmt::format("its processes were not ready within {} s", start_limit.count()));
    give_up();
  });
  check(timer.has_value(), "a timer can be set");
  limit_ = std::move(*timer);
  live.pool->start_all();
}

WorkerPool::Handlers Generations::handlers_of(Live& live) {
  WorkerPool::Handlers handlers;
  const auto id = [&live](Workers::Index worker) { return WorkerId{live.pool.get(), worker}; };
  handlers.on_available = [this, &live] { on_available(live); };
  handlers.on_finished = [this, id](Workers::Index worker, const ipc::HandshakeFinished& message) {
    dispatcher_.on_finished(id(worker), message);
  };
  handlers.on_certificate = [this, id](Workers::Index worker, const ipc::PeerCertificate& message) {
    dispatcher_.on_certificate(id(worker), message);
  };
  handlers.on_psk_request = [this, id](Workers::Index worker, const ipc::PskRequest& message) {
    dispatcher_.on_psk_request(id(worker), message);
  };
  handlers.on_user_request = [this, id](Workers::Index worker, const ipc::UserRequest& message) {
    dispatcher_.on_user_request(id(worker), message);
  };
  handlers.on_server_name = [this, id](Workers::Index worker, const ipc::ServerName& message) {
    dispatcher_.on_server_name(id(worker), message);
  };
  handlers.on_step = [this, id](Workers::Index worker, const ipc::HandshakeStep& message) {
    dispatcher_.on_step(id(worker), message);
  };
  handlers.on_key = [this, id](Workers::Index worker, const ipc::KeyLogEntry& message) {
    dispatcher_.on_key(id(worker), message);
  };
  handlers.on_lost = [this, &live, id](Workers::Index worker, Workers::Loss loss) {
    dispatcher_.on_lost(id(worker), loss);
    on_loss(live);
  };
  handlers.on_signer_lost = [this, &live] { on_loss(live); };
  handlers.on_unusable = [&live](const std::string& problem) {
    if (live.state == Live::State::Starting)
      live.problems.lines.push_back(problem);
    else
      log::error("{}", problem);
  };
  return handlers;
}

void Generations::on_available(Live& live) {
  if (live.state == Live::State::Starting)
    put_in_force();
  else
    dispatcher_.on_available();
}

// Helpers that cannot even start are for whoever wants this policy to see to. What the other
// signers have to say of their keys is waited for.
void Generations::on_loss(Live& live) {
  if (live.state != Live::State::Starting || live.pool->is_loading_keys())
    return;
  auto timer = loop_.on_time(loop_.now(), [this] { give_up(); }); // not within the pool's own call
  check(timer.has_value(), "a timer can be set");
  limit_ = std::move(*timer);
}

void Generations::put_in_force() {
  limit_.reset();
  if (current_) {
    current_->state = Live::State::Ended;
    older_.push_back(std::exchange(current_, nullptr));
  }
  current_ = std::exchange(next_, nullptr);
  current_->state = Live::State::InForce;
  dispatcher_.serve({current_, &*current_->view},
                    limits_of(current_->configuration.policy.agent()));
  sweep();
  std::exchange(current_->done, nullptr)({});
}

void Generations::give_up() {
  limit_.reset();
  const auto failed = std::exchange(next_, nullptr);
  failed->state = Live::State::Ended;
  if (failed->problems.lines.empty())
    failed->problems.lines.emplace_back("its processes ended: see the log");
  older_.push_back(failed);
  sweep();
  std::exchange(failed->done, nullptr)(failed->problems);
}

// Those that no handshake holds any more. They are not ended where their last one ends: that is
// deep in their own pools.
void Generations::sweep() {
  auto timer = loop_.on_time(loop_.now() + sweep_interval, [this] {
    std::erase_if(older_, [](const std::shared_ptr<Live>& live) { return live.use_count() == 1; });
    sweeping_.reset();
    if (!older_.empty())
      sweep();
    if (room_)
      room_();
  });
  check(timer.has_value(), "a timer can be set");
  sweeping_ = std::move(*timer);
}

} // namespace ktls
