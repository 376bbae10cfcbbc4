// SPDX-License-Identifier: GPL-2.0-or-later
// Admission: who has how many handshakes with the agent, and who may have another.
//
// All are counted from their request to their end, waiting or not: a flood that waits is a flood.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "broker/remote_network.hpp"

namespace ktls {

// How many there are of each kind; kinds of which there are none take no room.
template<class Key>
class Counts {
public:
  [[nodiscard]] std::size_t of(const Key& key) const {
    const auto found = counts_.find(key);
    return found == counts_.end() ? 0 : found->second;
  }
  void add(const Key& key) { ++counts_[key]; }
  // One that was added.
  void remove(const Key& key) {
    const auto found = counts_.find(key);
    if (found != counts_.end() && --found->second == 0)
      counts_.erase(found);
  }
  [[nodiscard]] std::size_t kinds() const { return counts_.size(); }

private:
  std::map<Key, std::size_t> counts_;
};

// Who asks, and for a handshake with whom.
struct Party {
  std::optional<uid_t> uid; // none: the kernel, which no limit for users binds
  std::optional<RemoteNetwork> remote;
};

class Admission {
public:
  struct Limits {
    std::size_t per_uid;
    std::size_t per_address;
  };

  // Counts until it goes, and does not need the Admission for it.
  class Place {
  public:
    Place(Place&&) = default;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

  private:
    friend class Admission;
    struct Counters {
      Counts<uid_t> uids;
      Counts<RemoteNetwork> remotes;
    };
    Place(std::shared_ptr<Counters> counters, Party party);

    std::shared_ptr<Counters> counters_; // empty: moved from
    Party party_;
  };

  explicit Admission(Limits limits) : limits_(limits) {}
  // Those who are above keep what they have.
  void set_limits(Limits limits) { limits_ = limits; }

  // Or which limit it is at: "agent.max_handshakes_per_uid = 8 for uid 1000".
  [[nodiscard]] tl::expected<Place, std::string> admit(const Party& party);

  // Users and remote networks that are counted.
  [[nodiscard]] std::size_t entries() const {
    return counters_->uids.kinds() + counters_->remotes.kinds();
  }

private:
  Limits limits_;
  std::shared_ptr<Place::Counters> counters_ = std::make_shared<Place::Counters>();
};

} // namespace ktls
