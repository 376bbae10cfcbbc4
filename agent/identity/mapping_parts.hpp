// SPDX-License-Identifier: GPL-2.0-or-later
// What a Mapping is made of.
#pragma once

#include "identity/anchor.hpp"
#include "identity/extension_rules.hpp"
#include "identity/filter.hpp"
#include "identity/mapping.hpp"
#include "identity/pin_table.hpp"

namespace ktls::identity {

struct Mapping::Parts {
  Settings settings;
  Texts host_ids;
  std::vector<policy::LocatedPath> pin_files;
  std::vector<Anchor> anchors;
  PinTable pins;
  Filters filters;
  ExtensionRules extensions;

  // The one with this key.
  [[nodiscard]] std::optional<std::size_t> anchor(const std::optional<tls::Sha256>& spki) const;
};

} // namespace ktls::identity
