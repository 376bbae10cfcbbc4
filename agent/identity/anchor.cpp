// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/anchor.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ktls::identity {
namespace {

constexpr std::string_view spiffe_scheme = "spiffe:";
constexpr std::string_view spiffe_prefix = "spiffe://";

bool has(const Texts& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

void keep_suffixes(const Texts& suffixes, Fact<Texts>& names) {
  if (!names || suffixes.empty())
    return;
  std::erase_if(*names, [&](const std::string& name) {
    const auto at = name.rfind('@');
    return at == std::string::npos || !has(suffixes, lower_case(name.substr(at + 1)));
  });
}

bool is_path_segment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

} // namespace

Fact<bool> Anchor::vouches_for_names_of(const PeerIdentity& peer) const {
  if (!names_trusted || policies.empty())
    return names_trusted;
  if (!peer.policies)
    return tl::make_unexpected(peer.policies.error());
  return std::ranges::any_of(*peer.policies,
                             [&](const std::string& policy) { return has(policies, policy); });
}

PeerIdentity Anchor::seen(const PeerIdentity& peer) const {
  PeerIdentity out = peer;
  keep_suffixes(upn_suffixes, out.upns);
  keep_suffixes(upn_suffixes, out.principals);
  if (!spiffe_trust_domains.empty())
    std::erase_if(out.uris, [&](const std::string& uri) {
      const auto id = parse_spiffe_id(uri);
      return is_spiffe(uri) && !(id && has(spiffe_trust_domains, id->trust_domain));
    });
  return out;
}

bool is_spiffe(std::string_view uri) {
  return lower_case(uri.substr(0, spiffe_scheme.size())) == spiffe_scheme;
}

bool is_trust_domain(std::string_view text) {
  constexpr std::size_t most = 255;
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !text.empty() && text.size() <= most &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<SpiffeId> parse_spiffe_id(std::string_view uri) {
  constexpr std::size_t most = 2048;
  if (!uri.starts_with(spiffe_prefix) || uri.size() > most)
    return std::nullopt;
  auto rest = uri.substr(spiffe_prefix.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  SpiffeId out{std::string(rest.substr(0, slash)), std::string(uri)};
  if (!is_trust_domain(out.trust_domain))
    return std::nullopt;
  rest.remove_prefix(slash);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    if (!is_path_segment(rest.substr(0, end)))
      return std::nullopt;
    rest.remove_prefix(end);
  }
  return out;
}

} // namespace ktls::identity
