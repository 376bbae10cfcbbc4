// SPDX-License-Identifier: GPL-2.0-or-later
// Generations: the policy in force, the one that is to follow it, and older ones whose handshakes
// still run.
//
// Each has processes of its own, started with what it says. It comes into force when its signers
// have all its keys and a worker is ready: at once, and as a whole. Until then, and when it does
// not get there, nothing has changed. An older one ends its processes when its last handshake is
// over.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/configuration.hpp"
#include "broker/dispatcher.hpp"
#include "broker/worker_pool.hpp"

namespace ktls {

class Generations {
public:
  // Older ones, each with its processes; the next policy has to wait for the end of one.
  static constexpr std::size_t max_older = 8;
  // From the start of its processes to the first worker that is ready: longer than a signer has
  // for its keys.
  static constexpr std::chrono::seconds start_limit{40};
  // An older one is looked after this often.
  static constexpr std::chrono::milliseconds sweep_interval{100};

  // Without lines: it is in force. Else they say what is wrong, and the one before stays.
  using Done = std::function<void(const policy::Problems&)>;

  // Both must outlive this. `helpers`: the directory of ktlsd-worker and ktlsd-signer.
  Generations(EventLoop& loop, std::string helpers, Dispatcher& dispatcher);
  ~Generations();
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;

  // Not while another one is on its way, or there are too many older ones.
  [[nodiscard]] bool can_follow() const { return !next_ && older_.size() < max_older; }
  // `done` is called once, later.
  void follow(Configuration configuration, Done done);

  // The first one gets the number after this. Default: 0.
  void count_from(std::uint64_t number) { last_number_ = number; }
  // Null before the first one is in force.
  [[nodiscard]] const Configuration* in_force() const;
  [[nodiscard]] std::uint64_t number() const; // of it; 0 before
  // Called when can_follow() may have become true.
  void on_room(std::function<void()> room) { room_ = std::move(room); }

private:
  struct Live;

  WorkerPool::Handlers handlers_of(Live& live);
  void on_available(Live& live);
  void on_loss(Live& live);
  void put_in_force();
  void give_up();
  void sweep();

  EventLoop& loop_;
  std::string helpers_;
  Dispatcher& dispatcher_;
  std::function<void()> room_;
  std::uint64_t last_number_ = 0; // before the first one
  std::shared_ptr<Live> current_;
  std::shared_ptr<Live> next_;
  std::vector<std::shared_ptr<Live>> older_; // and those that did not get into force
  EventSource limit_;                        // of next_
  EventSource sweeping_;
};

// Of handshakes; one for each processor where the policy leaves it open.
[[nodiscard]] unsigned worker_count(const policy::AgentSettings& agent);
[[nodiscard]] Dispatcher::Limits limits_of(const policy::AgentSettings& agent);

} // namespace ktls
