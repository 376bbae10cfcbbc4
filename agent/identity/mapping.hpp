// SPDX-License-Identifier: GPL-2.0-or-later
// Mapping: from a certificate to a user, by the pins, filters and extensions of a configuration.
// Immutable, and pure: whether there is such a user, others find out.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "identity/answer.hpp"
#include "identity/context.hpp"
#include "identity/peer_identity.hpp"
#include "identity/settings.hpp"
#include "policy/located.hpp"
#include "policy/policy.hpp"

namespace ktls::identity {

// Reads a file that the configuration names, after having checked who can change it.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

class Mapping {
public:
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  ~Mapping();

  [[nodiscard]] const Settings& settings() const;

  // Pins, filters and extensions, in this order, up to the first that decides. NoMatch: none did,
  // and the other sources are to be asked.
  [[nodiscard]] Answer map(const PeerIdentity& peer, const Context& context) const;

  // What is in force, for people: as a configuration with all defaults, and pins only up to 100.
  [[nodiscard]] std::string text() const;

  struct Parts;
  explicit Mapping(std::unique_ptr<const Parts> parts); // for parse_mapping()

private:
  std::unique_ptr<const Parts> parts_;
};

// Of all the files together. `read` is called for what they name: files of pins, and certificates
// of anchors. All errors at once, each as "file:line: key: what is wrong".
[[nodiscard]] tl::expected<Mapping, policy::Problems>
parse_mapping(std::span<const policy::SourceFile> files, const FileReader& read);

} // namespace ktls::identity
