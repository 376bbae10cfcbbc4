// SPDX-License-Identifier: GPL-2.0-or-later
// PinTable: certificates, keys and serial numbers, each of one user, or of nobody. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "identity/answer.hpp"
#include "identity/peer_identity.hpp"
#include "identity/pin_line.hpp"
#include "policy/policy.hpp"

namespace ktls::identity {

class PinTable {
public:
  static constexpr std::size_t max_pins = 1'000'000;
  static constexpr std::size_t max_problems = 100; // of each file that are told one by one
  static constexpr std::size_t max_line = 8192;

  // Of all the files; what is wrong is added to `problems`.
  static PinTable parse(std::span<const policy::SourceFile> files, policy::Problems& problems);

  [[nodiscard]] Step map(const PeerIdentity& peer, const std::optional<tls::Sha256>& anchor) const;

  [[nodiscard]] std::size_t size() const;
  static constexpr std::size_t max_shown = 100;
  // As lines of a file, in their order; none when there are more than max_shown.
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

private:
  struct Pin {
    tls::Sha256 key; // of an issued one, over anchor, serial number and issuer
    std::uint32_t user;
    std::uint32_t file;
    std::uint32_t line;
  };
  struct Found {
    const Pin* pin;
    std::string attribute;
  };

  class Reader;

  [[nodiscard]] const Pin* find(PinKind kind, const tls::Sha256& key) const;
  [[nodiscard]] const std::string& user_of(const Pin& pin) const { return users_[pin.user]; }
  [[nodiscard]] std::string where(const Pin& pin) const;
  [[nodiscard]] Step step_of(StepResult result, const Found& found) const;

  std::array<std::vector<Pin>, pin_kinds> pins_; // each in the order of the keys
  std::vector<std::string> users_;               // each once
  std::vector<std::string> files_;
  std::vector<std::string> texts_;
};

} // namespace ktls::identity
