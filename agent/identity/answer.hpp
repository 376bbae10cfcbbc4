// SPDX-License-Identifier: GPL-2.0-or-later
// Answer: whose a certificate is, by which entry, and how that was found out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ktls::identity {

// The numbers are those of org.ktlsctl.Mapper1. Weak: by a name, which an authority may give to
// somebody else some day. Strong: by a key, a certificate, or what an authority is trusted with.
enum class Strength : std::uint8_t { Weak = 1, Strong = 2 };

// Only NoMatch goes on to the next source.
enum class StepResult : std::uint8_t {
  Match = 1,
  NoMatch = 2,
  Deny = 3,
  Error = 4,     // something that this source goes by cannot be understood
  Ambiguous = 5, // two users
  Skipped = 6,   // not configured
};

// Whatever a peer controls is escaped in `why` and `attribute`.
struct Step {
  std::string source; // "pin", "filter", "extension"; of others what the caller puts there
  StepResult result = StepResult::NoMatch;
  Strength strength = Strength::Weak; // with Match
  std::string user;                   // with Match
  std::string why;
  std::string entry;     // the name of what decided, or its "file:line"; empty: none did
  std::string attribute; // what in the certificate it went by: "upn=alice@corp.example"
};

// The last step, and all of them.
struct Answer {
  StepResult result = StepResult::NoMatch; // never Skipped
  std::string user;                        // with Match
  Strength strength = Strength::Weak;      // with Match
  std::string source;
  std::string why;
  std::string entry;
  std::string attribute;
  std::vector<Step> steps;

  // Becomes what the step says, unless that is Skipped.
  void take(Step step);
};

[[nodiscard]] std::string_view name_of(Strength strength);
[[nodiscard]] std::string_view name_of(StepResult result);

} // namespace ktls::identity
