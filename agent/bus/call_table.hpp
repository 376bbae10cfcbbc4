// SPDX-License-Identifier: GPL-2.0-or-later
// CallTable: the calls that are begun and not answered, of whom, and how many there may be.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ktls::bus {

class CallTable {
public:
  using Id = std::uint64_t;

  // `max_of_one`: of one connection to the bus, and of one user other than root.
  CallTable(std::size_t max, std::size_t max_of_one) : max_(max), max_of_one_(max_of_one) {}

  // `kept` goes with the place, as soon as that is free. None: there is no room.
  std::optional<Id> enter(const std::string& caller, std::shared_ptr<void> kept);
  // As soon as it is known. False: this user has too many; the call is to leave.
  bool identify(Id id, uid_t uid);
  void leave(Id id);
  // It has left the bus: its places are free.
  void forget(const std::string& caller);

  [[nodiscard]] std::size_t size() const { return calls_.size(); }

private:
  struct Call {
    std::string caller;
    std::shared_ptr<void> kept;
    std::optional<uid_t> uid;
  };

  std::size_t max_;
  std::size_t max_of_one_;
  Id last_ = 0;
  std::map<Id, Call> calls_;
};

} // namespace ktls::bus
