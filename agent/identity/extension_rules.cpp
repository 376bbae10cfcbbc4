// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/extension_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "identity/user_name.hpp"

namespace ktls::identity {
namespace {

struct Found {
  Candidate candidate;
  Strength strength;
  std::string entry;
};

Step step_of(StepResult result, std::string why) {
  return {"extension", result, Strength::Weak, "", std::move(why), "", ""};
}

// Each adds what it finds. Unexpected: it cannot be told.
using Looked = tl::expected<void, std::string>;

Looked look_at_host_ids(const ExtensionRules& rules, const PeerIdentity& peer,
                        std::vector<Found>& to) {
  if (!rules.host_id_mappings)
    return {};
  if (!peer.host_ids)
    return tl::make_unexpected(peer.host_ids.error());
  for (const auto& [host, user] : *peer.host_ids) {
    if (std::ranges::find(rules.host_ids, lower_case(host)) == rules.host_ids.end())
      continue;
    if (const auto flaw = flaw_of_derived_name(user, user); !flaw.empty())
      return tl::make_unexpected(fmt::format("hostIdMappings has \"{}\", a name that {}",
                                             escape(user, max_value_shown), flaw));
    to.push_back({{user, fmt::format("hostIdMappings={}@{}", escape(user, max_value_shown),
                                     escape(host, max_value_shown))},
                  Strength::Strong,
                  "extension.host_id_mappings"});
  }
  return {};
}

Looked look_at_sid(const ExtensionRules& rules, const PeerIdentity& peer, std::vector<Found>& to) {
  if (rules.sids.empty())
    return {};
  if (!peer.sid)
    return tl::make_unexpected(peer.sid.error());
  const auto found = rules.sids.find(peer.sid->value_or(""));
  if (found != rules.sids.end())
    to.push_back(
        {{found->second.user, "SID=" + found->first}, Strength::Strong, found->second.where});
  return {};
}

// SPIFFE's X.509-SVID, section 2: "An X.509 SVID MUST contain exactly one URI SAN", and
// section 5.2: validators encountering more than one "MUST reject".
Looked look_at_spiffe(const ExtensionRules& rules, const Anchor& anchor, const PeerIdentity& peer,
                      std::vector<Found>& to) {
  const auto& domains = anchor.spiffe_trust_domains;
  if (rules.spiffe_ids.empty() || domains.empty() ||
      std::ranges::none_of(peer.uris, [](const std::string& uri) { return is_spiffe(uri); }))
    return {};
  if (peer.uris.size() != 1)
    return tl::make_unexpected("it has a SPIFFE ID, and other URIs besides");
  const auto id = parse_spiffe_id(peer.uris.front());
  if (!id)
    return tl::make_unexpected(
        fmt::format("its SPIFFE ID is malformed: {}", escape(peer.uris.front(), max_value_shown)));
  const auto found = rules.spiffe_ids.find(id->text);
  if (found == rules.spiffe_ids.end() ||
      std::ranges::find(domains, id->trust_domain) == domains.end())
    return {};
  to.push_back(
      {{found->second.user, "URI=" + escape(id->text)}, Strength::Strong, found->second.where});
  return {};
}

Looked look_at_names(const std::vector<RealmUser>& rules, const Anchor& anchor,
                     const PeerIdentity& peer, std::vector<Found>& to) {
  for (const auto& [user, where] : rules) {
    const auto candidates = user.expand(peer);
    if (!candidates)
      return tl::make_unexpected(candidates.error());
    for (const auto& candidate : *candidates) {
      const auto vouched = anchor.vouches_for_names_of(peer);
      if (!vouched)
        return tl::make_unexpected(vouched.error());
      to.push_back({candidate, *vouched ? Strength::Strong : Strength::Weak, where});
    }
  }
  return {};
}

} // namespace

Step ExtensionRules::map(const PeerIdentity& peer, const Anchor* anchor) const {
  if (anchor == nullptr)
    return step_of(StepResult::NoMatch,
                   "the trust anchor of its chain is none of the configuration's");
  if (!anchor->high_trust)
    return step_of(StepResult::NoMatch, fmt::format("anchor {} has no high_trust", anchor->name));
  const auto seen = anchor->seen(peer);
  std::vector<Found> all;
  for (const auto& looked :
       {look_at_host_ids(*this, seen, all), look_at_sid(*this, seen, all),
        look_at_spiffe(*this, *anchor, peer, all), look_at_names(upns, *anchor, seen, all),
        look_at_names(emails, *anchor, seen, all)}) {
    if (!looked)
      return step_of(StepResult::Error, looked.error());
  }
  if (all.empty())
    return step_of(StepResult::NoMatch, "nothing in it names a user");
  const auto best = std::ranges::max_element(all, {}, &Found::strength);
  const auto other = std::ranges::find_if(
      all, [&](const Found& one) { return one.candidate.user != best->candidate.user; });
  Step out{"extension",
           StepResult::Match,
           best->strength,
           best->candidate.user,
           fmt::format("anchor {} has high_trust", anchor->name),
           best->entry,
           best->candidate.attribute};
  if (other != all.end()) {
    out.result = StepResult::Ambiguous;
    out.user.clear();
    out.why = fmt::format("{} ({}) says {}, and {} ({}) {}", best->candidate.attribute, best->entry,
                          escape(best->candidate.user), other->candidate.attribute, other->entry,
                          escape(other->candidate.user));
  }
  return out;
}

} // namespace ktls::identity
