// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/mapping.hpp"

#include <algorithm>

#include "identity/mapping_parts.hpp"

namespace ktls::identity {

Mapping::Mapping(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

std::optional<std::size_t> Mapping::Parts::anchor(const std::optional<tls::Sha256>& spki) const {
  const auto found = std::ranges::find(anchors, spki, &Anchor::spki);
  if (!spki || found == anchors.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - anchors.begin());
}

const Settings& Mapping::settings() const {
  return parts_->settings;
}

Answer Mapping::map(const PeerIdentity& peer, const Context& context) const {
  const auto anchor = parts_->anchor(context.anchor_spki);
  const auto ask = [&](Source source) {
    switch (source) {
    case Source::Pin:
      return parts_->pins.map(peer, context.anchor_spki);
    case Source::Filter:
      return parts_->filters.map(peer, context, parts_->anchors, anchor);
    case Source::Extension:
    case Source::Sssd:
    case Source::Mapper:
      break;
    }
    return parts_->extensions.map(peer, anchor ? &parts_->anchors[*anchor] : nullptr);
  };
  Answer out;
  for (const auto source : {Source::Pin, Source::Filter, Source::Extension}) {
    if (out.result != StepResult::NoMatch)
      break;
    if (parts_->settings.asks(source))
      out.take(ask(source));
    else
      out.take({std::string(name_of(source)), StepResult::Skipped, Strength::Weak, "",
                "it is not configured", "", ""});
  }
  return out;
}

} // namespace ktls::identity
