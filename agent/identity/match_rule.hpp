// SPDX-License-Identifier: GPL-2.0-or-later
// MatchRule: which certificates a filter is for, in the syntax of sss-certmap(5). Pure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "identity/pattern.hpp"
#include "identity/peer_identity.hpp"
#include "tls/name_constraints.hpp"

namespace ktls::identity {

// The higher, the more specific; in the order of what counts most.
struct Specificity {
  // Whose certificate it is, by the subject or an alternative name, and who issued it; in RACF's
  // order: all of both, some of the first and all of the second, all of the first, some of it, all
  // of the second, some of it. 0: neither.
  int names = 0;
  std::size_t person_end = 0; // of what is only some of it, how much is fixed
  std::size_t issuer_end = 0;
  std::size_t criteria = 0; // of the connection
  std::size_t tests = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const Specificity&) const = default;
};

// KRB5:<SUBJECT>.*,O=Example<ISSUER>CN=Example CA,O=Example<EKU>clientAuth
class MatchRule {
public:
  static constexpr std::size_t max_size = 2048;
  static constexpr std::size_t max_tests = 16;
  static constexpr std::size_t max_matched = 1024; // bytes of a name that a pattern is tried on

  // Unexpected: what is wrong with it.
  static tl::expected<MatchRule, std::string> parse(std::string_view text);

  enum class Result { Match, NoMatch, Error };
  struct Outcome {
    Result result = Result::NoMatch;
    // With Match what in the certificate it went by, with Error why; escaped.
    std::string text;
  };
  // What is in the alternative names but not to be believed has to be taken out of `peer` before.
  [[nodiscard]] Outcome matches(const PeerIdentity& peer, tls::ComparisonBudget& budget) const;

  [[nodiscard]] Specificity specificity() const; // but for criteria
  // Equal for rules that are for the same certificates, as far as can be seen from their text.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] const std::string& text() const { return text_; }

  enum class Field {
    Subject,
    Issuer,
    KeyUsage,
    Purpose,
    Principal, // UPN or PKINIT
    NtPrincipal,
    Pkinit,
    Email,
    Dns,
    Uri,
    Directory,
    Address,
    RegisteredId
  };
  struct Test {
    Field field = Field::Subject;
    std::optional<Pattern> pattern; // of a name
    std::uint16_t usages = 0;       // all of these
    Texts purposes;                 // likewise, dotted
  };

private:
  std::string text_;
  bool any_ = false; // one of the tests is enough
  std::vector<Test> tests_;
};

} // namespace ktls::identity
