// SPDX-License-Identifier: GPL-2.0-or-later
// The values of org.ktlsctl.Agent1 as D-Bus has them, both ways: for the agent and whoever asks it.
#pragma once

#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "bus/compatibility.hpp"

namespace ktls::bus {

inline constexpr std::size_t max_filter_text = 1024;
inline constexpr std::size_t max_facts = 32;
inline constexpr std::size_t max_question_groups = 65536; // as Linux has it

using RowStruct =
    sdbus::Struct<std::uint64_t, std::string, std::string, std::string, std::string, std::string,
                  std::string, std::string, std::string, std::string, std::string, std::string,
                  std::uint32_t, std::uint32_t, std::uint64_t>;
using NotEndedStruct = sdbus::Struct<std::uint64_t, std::string, std::string>;
using SampleStruct = sdbus::Struct<std::string, std::map<std::string, std::string>, double>;
using CredentialStruct =
    sdbus::Struct<std::string, std::string, std::string, std::string, std::string, std::string,
                  std::string, std::int64_t, std::int64_t>;

using LogLevelStruct = sdbus::Struct<std::string, std::string, std::string, std::string>;

// A message cannot hold text that is not UTF-8: that is escaped.
[[nodiscard]] std::string bus_text(const std::string& text);

[[nodiscard]] RowStruct to_bus(const SessionRow& row);
[[nodiscard]] NotEndedStruct to_bus(const NotEnded& session);
[[nodiscard]] SampleStruct to_bus(const Sample& sample);
[[nodiscard]] CredentialStruct to_bus(const CredentialRow& credential);
[[nodiscard]] LogLevelStruct to_bus(const LogLevelRow& row);
// Its keys and types are those of the session's properties, and all of them are there.
[[nodiscard]] Dictionary to_bus(const SessionDetails& details);
// One of them, as its own type.
void put_detail(sdbus::Message& into, const SessionDetails& details, std::string_view key);
// What is not known is left out.
[[nodiscard]] Dictionary to_bus(const FailedHandshake& handshake);
[[nodiscard]] Dictionary to_bus(const SessionFilter& filter);
[[nodiscard]] Dictionary to_bus(const PolicyQuestion& question);
[[nodiscard]] Dictionary options_of(bool interactive);

// What comes from the agent. Keys that are missing, unknown or of another type are passed over. The
// text is not yet fit to be printed.
[[nodiscard]] SessionRow from_bus(const RowStruct& row);
[[nodiscard]] NotEnded from_bus(const NotEndedStruct& session);
[[nodiscard]] Sample from_bus(const SampleStruct& sample);
[[nodiscard]] CredentialRow from_bus(const CredentialStruct& credential);
[[nodiscard]] LogLevelRow from_bus(const LogLevelStruct& row);
template<class Struct>
[[nodiscard]] auto from_bus(const std::vector<Struct>& structs) {
  std::vector<decltype(from_bus(structs.front()))> out;
  out.reserve(structs.size());
  for (const auto& each : structs)
    out.push_back(from_bus(each));
  return out;
}
[[nodiscard]] SessionDetails details_from(const Dictionary& dictionary);
// `reason` and `text` go beside it.
[[nodiscard]] FailedHandshake failed_handshake_from(const Dictionary& dictionary);

// What comes from a caller. Unexpected: what is wrong with it, with the key, fit to be printed.
[[nodiscard]] tl::expected<SessionFilter, std::string> filter_from(const Dictionary& dictionary);
[[nodiscard]] tl::expected<PolicyQuestion, std::string> question_from(const Dictionary& dictionary);
// Whether the caller's user may be asked.
[[nodiscard]] tl::expected<bool, std::string> interactive_in(const Dictionary& options);

} // namespace ktls::bus
