// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/admission.hpp"

#include <fmt/format.h>

namespace ktls {

Admission::Place::Place(std::shared_ptr<Counters> counters, Party party)
    : counters_(std::move(counters)), party_(party) {
  if (party_.uid)
    counters_->uids.add(*party_.uid);
  if (party_.remote)
    counters_->remotes.add(*party_.remote);
}

Admission::Place::~Place() {
  if (!counters_)
    return;
  if (party_.uid)
    counters_->uids.remove(*party_.uid);
  if (party_.remote)
    counters_->remotes.remove(*party_.remote);
}

tl::expected<Admission::Place, std::string> Admission::admit(const Party& party) {
  if (party.uid && counters_->uids.of(*party.uid) >= limits_.per_uid)
    return tl::make_unexpected(
        fmt::format("agent.max_handshakes_per_uid = {} for uid {}", limits_.per_uid, *party.uid));
  if (party.remote && counters_->remotes.of(*party.remote) >= limits_.per_address)
    return tl::make_unexpected(fmt::format("agent.max_handshakes_per_address = {} for {}",
                                           limits_.per_address, party.remote->text()));
  return Place(counters_, party);
}

} // namespace ktls
