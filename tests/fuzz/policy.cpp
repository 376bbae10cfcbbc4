// SPDX-License-Identifier: GPL-2.0-or-later
// A policy of one file or two, which "---" is between: it is refused with diagnoses, or what is
// shown of it is the same policy.
#include "policies.hpp"
#include "policy/explanation.hpp"
#include "policy/review.hpp"
#include "policy/show.hpp"

namespace ktls::fuzz {
namespace {

policy::Facts some_facts() {
  policy::Facts facts;
  facts.direction = policy::Direction::Inbound;
  facts.role = policy::AskedRole::Server;
  facts.local_address = IpAddress::parse("192.0.2.1");
  facts.remote_address = IpAddress::parse("2001:db8::7");
  facts.local_port = 443;
  facts.remote_port = 50'000;
  facts.uid = 1000;
  facts.groups = {1000, 7};
  facts.unit = "web.service";
  facts.executable = "/usr/bin/web";
  facts.server_name = "a.example.org";
  facts.network_namespace = policy::own_network_namespace;
  return facts;
}

void use(const policy::Policy& policy) {
  constexpr policy::LocalTime monday_noon{0, 720};
  const auto facts = some_facts();
  const auto steps = policy.explain(facts, monday_noon);
  const auto* rule = policy.decide(facts, monday_noon).rule;
  const bool is_last = rule == nullptr || (!steps.empty() && steps.back().rule == rule);
  must(is_last, "the last step that is explained is the rule that is taken");
  for (const auto& remark : policy::review(policy))
    must_be_diagnoses({remark.text}, "f");
  for (const char c : policy::explanation(policy, facts, monday_noon))
    must(c == '\n' || (!is_control(c) && static_cast<unsigned char>(c) < 0x80),
         "an explanation is plain ASCII");
}

void show(const policy::Policy& policy) {
  const auto shown = policy::to_toml(policy);
  const auto again = parse_policy(shown);
  must(again.has_value(), "what is shown is a policy", shown);
  must(without_comments(policy::to_toml(*again)) == without_comments(shown),
       "what is shown is the same policy", shown);
}

} // namespace
} // namespace ktls::fuzz

int fuzz_policy(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const std::string text(fuzz::text_of(data, size));
  std::vector<policy::SourceFile> files{{"f", text}};
  if (auto both = fuzz::halves(text, "---"))
    files = {{"f", both->first}, {"f", both->second}};
  const auto policy = fuzz::parse_policy(files);
  if (!policy) {
    fuzz::must_be_diagnoses(policy.error().lines, "f");
    return 0;
  }
  fuzz::use(*policy);
  fuzz::show(*policy);
  return 0;
}
