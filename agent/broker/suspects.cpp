// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/suspects.hpp"

namespace ktls {

void Suspects::blame(const std::vector<RemoteNetwork>& theirs, Time now) {
  std::erase_if(networks_, [now](const auto& known) { return now >= known.second.last + memory; });
  for (const auto& network : theirs) {
    if (networks_.size() >= max_networks && !networks_.contains(network))
      continue;
    auto& entry = networks_[network];
    entry.blame += 1.0 / static_cast<double>(theirs.size());
    entry.last = now;
  }
}

bool Suspects::are_refused(const RemoteNetwork& network, Time now) const {
  // a share may be a little less than it is by arithmetic
  constexpr double rounding = 1e-6;
  const auto found = networks_.find(network);
  return found != networks_.end() && now < found->second.last + memory &&
         found->second.blame > most_blame - rounding;
}

} // namespace ktls
