// SPDX-License-Identifier: GPL-2.0-or-later
// UserTemplate: the user that an entry maps to, by name or from a name in the certificate. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/peer_identity.hpp"

namespace ktls::identity {

// A user that a certificate may be mapped to, and what in it said so, escaped.
struct Candidate {
  std::string user;
  std::string attribute;
};

// "alice", or "{subject_nt_principal.short_name}" with text around it.
class UserTemplate {
public:
  // Unexpected: what is wrong with it. `realm`: empty for none.
  static tl::expected<UserTemplate, std::string> parse(std::string_view text,
                                                       std::string_view realm);

  // Each user once; none: the certificate has no such name in the realm. The realm is judged before
  // the name is cut off from it. Unexpected: a name is malformed, or cannot be that of a user.
  [[nodiscard]] Fact<std::vector<Candidate>> expand(const PeerIdentity& peer) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& realm() const { return realm_; }
  bool operator==(const UserTemplate&) const = default;

  enum class From { Nothing, NtPrincipal, Pkinit, Principal, Email, Dns, Attribute };
  [[nodiscard]] From from() const { return from_; }

private:
  [[nodiscard]] Fact<Texts> names_in(const PeerIdentity& peer) const;

  std::string text_;
  std::string realm_; // small letters
  From from_ = From::Nothing;
  std::string attribute_; // of the subject
  std::string before_;
  std::string behind_;
};

} // namespace ktls::identity
