// SPDX-License-Identifier: GPL-2.0-or-later
// The match rule of a filter, and below its line a subject that it is tried on.
#include "identity/match_rule.hpp"

#include "identity.hpp"

int fuzz_match_rule(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  using identity::MatchRule;
  const auto text = fuzz::text_of(data, size);
  const auto rule = MatchRule::parse(text.substr(0, text.find('\n')));
  if (!rule) {
    fuzz::must_be_clean(rule.error());
    fuzz::must(!rule.error().empty(), "what is refused has a diagnosis");
    return 0;
  }
  const auto again = MatchRule::parse(rule->text());
  fuzz::must(again && again->key() == rule->key() && again->specificity() == rule->specificity(),
             "a rule that is shown is the same rule", rule->text());
  auto peer = fuzz::some_person();
  if (const auto end = text.find('\n'); end != std::string_view::npos) {
    peer.subject = text.substr(end + 1);
    peer.subject_attributes = {{"CN", peer.subject}};
  }
  tls::ComparisonBudget budget(100'000);
  fuzz::must_be_clean(rule->matches(peer, budget).text);
  return 0;
}
