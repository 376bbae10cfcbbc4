// SPDX-License-Identifier: GPL-2.0-or-later
// MapperClient: asks a mapper, as org.ktlsctl.Mapper1 has it, whose a certificate is.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "bus/connection.hpp"
#include "bus/mapper1.hpp"

namespace ktls::bus {

// Empty, or none: not known.
struct MappingContext {
  std::string rule;
  std::string profile;
  std::string local_address;
  std::uint16_t local_port = 0;
  std::string server_name;
  std::optional<std::array<std::uint8_t, 32>> anchor_spki;
};

// Within limits. Names are without control characters, all else is escaped.
struct Mapped {
  std::string user;
  std::uint32_t uid = 0;
  bool strong = false;
  std::string source;
  std::string rule;
  std::string attribute;
  std::vector<std::string> groups;
};

enum class MappingError {
  NotMapped,
  Denied,
  Ambiguous,
  UserUnknown,
  UserRevoked,
  Busy,
  CertificateInvalid,
  Timeout,     // of the call
  Unavailable, // all that is none of these
};

struct MappingFailure {
  MappingError error = MappingError::Unavailable;
  std::string text; // escaped
};

class MapperClient {
public:
  // More of a user's groups are left out.
  static constexpr std::size_t max_groups = 4096;

  // `connection` must outlive it. `service`: its bus name.
  MapperClient(Connection& connection, std::string service)
      : connection_(connection), service_(std::move(service)) {}

  using Done = std::function<void(tl::expected<Mapped, MappingFailure>)>;
  // `done` is called once, never before this returns. `chain`: X.509 in DER, the peer's own first.
  void map(const std::vector<std::vector<std::byte>>& chain, const MappingContext& context,
           std::chrono::microseconds timeout, Done done);
  void check_account(std::uint32_t uid, std::chrono::microseconds timeout,
                     std::function<void(AccountState)> done);
  // Whoever keeps answers is to drop them: `changed` is called when the mapper says so, and when it
  // comes or goes.
  Result<> on_change(const std::function<void()>& changed);

private:
  Connection& connection_;
  std::string service_;
};

} // namespace ktls::bus
