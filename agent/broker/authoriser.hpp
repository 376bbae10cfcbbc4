// SPDX-License-Identifier: GPL-2.0-or-later
// Authoriser: which local user a peer is, as the mapper says and the profile wants it. Asks once
// for all who wait for the same answer, and remembers it for a short while.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "broker/user_mapping.hpp"

namespace ktls {

class Authoriser {
public:
  using Clock = EventLoop::Clock;
  using Done = std::function<void(const MappingAnswer&)>;

  // For one answer, where the handshake does not end before.
  static constexpr std::chrono::seconds patience{2};
  // Different questions that the mapper has not answered; then "busy".
  static constexpr std::size_t max_in_flight = 256;
  // A user, or that there is none. Failures to find out are not remembered.
  static constexpr std::chrono::seconds positive_life{60};
  static constexpr std::chrono::seconds negative_life{5};
  static constexpr std::size_t max_remembered = 4096;

  // Both must outlive it.
  Authoriser(EventLoop& loop, Mapper& mapper) : loop_(loop), mapper_(mapper) {}

  // `done` is called once, perhaps before this returns, and not after `deadline`.
  void ask(const MappingQuestion& question, const policy::MappingDemands& demands,
           Clock::time_point deadline, Done done);
  // Whatever was answered, or is about to be, may be different now.
  void forget();

private:
  using Key = std::array<std::uint8_t, 32>;
  using Number = std::uint64_t; // of one lookup, or of one who waits, and of no other
  struct Waiting {
    policy::MappingDemands demands;
    Done done;
    EventSource timer;
  };
  struct Lookup {
    Key key;
    std::map<Number, Waiting> waiting;
  };
  struct Remembered {
    MappingAnswer answer;
    Clock::time_point until;
  };

  static std::optional<Key> key_of(const MappingQuestion& question);
  [[nodiscard]] const MappingAnswer* find(const Key& key);
  void wait(Number lookup, const policy::MappingDemands& demands, Clock::time_point deadline,
            Done done);
  void on_late(Number lookup, Number waiting);
  void on_answer(Number lookup, const MappingAnswer& answer);
  void remember(const Key& key, const MappingAnswer& answer);

  EventLoop& loop_;
  Mapper& mapper_;
  std::map<Number, Lookup> lookups_;
  std::map<Key, Number> current_; // of the lookups that others may still wait for, too
  std::map<Key, Remembered> remembered_;
  Number last_number_ = 0;
};

} // namespace ktls
