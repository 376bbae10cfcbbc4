// SPDX-License-Identifier: GPL-2.0-or-later
// What org.ktlsctl.Mapper1 says, in types of our own: see the interface's XML for what each means.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ktls::bus {

inline constexpr const char* mapper_name = "org.ktlsctl.Mapper1"; // of the bus, and the interface
inline constexpr const char* mapper_path = "/org/ktlsctl/Mapper1";

inline constexpr std::size_t max_chain = 16;
inline constexpr std::size_t max_certificate = 64UL * 1024;
inline constexpr std::size_t max_context = 32;
inline constexpr std::size_t max_context_text = 1024;
inline constexpr std::chrono::seconds max_answer_time{5};

using Chain = std::vector<std::vector<std::uint8_t>>;

// Empty or absent: not known.
struct Context {
  std::string rule;
  std::string profile;
  std::string local_address;
  std::optional<std::uint16_t> local_port;
  std::string remote_address;
  std::string server_name;
  std::vector<std::uint8_t> anchor_spki;
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

enum class AccountState : std::uint32_t {
  Unknown = 0,
  Active = 1,
  NoUser = 2,
  Locked = 3,
  Expired = 4,
  NotYetValid = 5,
  Denied = 6,
  Unavailable = 7,
};
[[nodiscard]] std::string_view name_of(AccountState state); // "not-yet-valid"

enum class Refusal : std::uint8_t {
  NotMapped,
  Denied,
  Ambiguous,
  UserUnknown,
  UserRevoked,
  Unavailable,
  Busy,
  CertificateInvalid,
};
[[nodiscard]] std::string_view name_of(Refusal refusal); // "NotMapped"
[[nodiscard]] std::string error_name(Refusal refusal);   // "org.ktlsctl.Mapper1.Error.NotMapped"
// None for the name of any other error.
[[nodiscard]] std::optional<Refusal> refusal_of(std::string_view error_name);

struct Refused {
  Refusal refusal = Refusal::Unavailable;
  std::string text;
};

// CertificateInvalid, where a chain is not within the limits.
[[nodiscard]] std::optional<Refused> unfit(const Chain& chain);

struct Evidence {
  std::string source;
  std::string rule;
  std::string attribute;
  std::vector<std::string> groups;
};

struct MappedUser {
  std::string user;
  std::uint32_t uid = 0;
  std::uint32_t strength = 0; // 1 weak, 2 strong
  Evidence evidence;
};
using MapAnswer = tl::expected<MappedUser, Refused>;

struct Account {
  AccountState state = AccountState::Unknown;
  std::string user;
  std::vector<std::string> groups;
  std::string why;
};
using AccountAnswer = tl::expected<Account, Refused>;

struct MapStep {
  std::string source;
  std::uint32_t result = 0;
  std::uint32_t strength = 0;
  std::string why;
  std::string user;
  std::string rule;
  std::string attribute;
};
struct Tested {
  std::vector<MapStep> steps;
  MapAnswer answer;
};
using TestAnswer = tl::expected<Tested, Refused>;

} // namespace ktls::bus
