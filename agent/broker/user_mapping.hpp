// SPDX-License-Identifier: GPL-2.0-or-later
// Whose a certificate is: the question, the answer, and the seam to whoever knows.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/event_loop.hpp"
#include "base/reason.hpp"
#include "ipc/verification.hpp"
#include "policy/mapping_demands.hpp"

namespace ktls {

struct MappedUser {
  std::string name;
  uid_t uid = 0;
  policy::MappingStrength strength = policy::MappingStrength::Weak;
  std::string source;              // "pin", "filter", "sssd"...
  std::string rule;                // the entry of that source; may be empty
  std::string attribute;           // what in the certificate it went by; may be empty
  std::vector<std::string> groups; // the user's, by name

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const MappedUser&) const = default;
};

// Of a peer that has proved to hold the key of a valid certificate.
struct MappingQuestion {
  std::vector<ipc::Der> chain; // as presented, its own first
  ipc::SpkiHash anchor_spki{}; // of the trust anchor that the chain was validated up to
  std::string rule;
  std::string profile;
  std::string local_address;
  std::uint16_t local_port = 0;
  std::string server_name; // that the peer asked for; empty: none
};

struct NotMapped {
  Reason reason = Reason::MapperUnavailable;
  std::string detail;                            // escaped
  std::optional<MappedUser> user = std::nullopt; // whom the profile does not let in
};

using MappingAnswer = tl::expected<MappedUser, NotMapped>;

class Mapper {
public:
  using Clock = EventLoop::Clock;
  virtual ~Mapper() = default;
  // `done` is called once, perhaps before this returns, and not long after the deadline; never when
  // this object is gone.
  virtual void map(const MappingQuestion& question, Clock::time_point deadline,
                   std::function<void(MappingAnswer)> done) = 0;
};

} // namespace ktls
