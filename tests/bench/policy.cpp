// SPDX-License-Identifier: GPL-2.0-or-later
// bench-policy: reading a configuration of many rules, and finding the one that applies.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "policy/document.hpp"
#include "policy/explanation.hpp"
#include "policy/policy.hpp"
#include "policy/review.hpp"

namespace ktls::bench {
namespace {

using policy::Facts;
using policy::Policy;
using policy::SourceFile;

constexpr unsigned profiles = 20;

// Distinct networks, ports, users and units, as a host of many services would have them; behind
// them what holds for all.
std::string configuration(unsigned rules) {
  std::string text = "[credential.host]\ncertificate = \"/c.pem\"\nprivate_key = \"/c.key\"\n";
  for (unsigned i = 0; i < profiles; ++i)
    text += fmt::format("[profile.p{0}]\nhandshake_role = \"server-with-client-auth\"\n"
                        "credentials = \"host\"\ntruststore = \"/ca{0}.pem\"\n",
                        i);
  for (unsigned i = 0; i + 1 < rules; ++i) {
    text += fmt::format("[[rule]]\nname = \"r{}\"\npriority = {}\ndirection = \"{}\"\n", i,
                        1 + i % 7, i % 2 == 0 ? "inbound" : "outbound");
    text += fmt::format("remote_address = \"10.{}.{}.0/24\"\nlocal_port = \"{}-{}\"\n", i / 250,
                        i % 250, 1024 + i * 3, 1024 + i * 3 + 5);
    text += fmt::format("user = {}\nunit = \"service{}.service\"\nprofile = \"p{}\"\n",
                        1000 + i % 500, i % 300, i % profiles);
  }
  return text + "[[rule]]\nname = \"rest\"\npriority = 1\naction = \"deny\"\n";
}

// Of one that the rule with this number is for.
Facts facts_of(unsigned i) {
  Facts facts;
  facts.direction = i % 2 == 0 ? policy::Direction::Inbound : policy::Direction::Outbound;
  facts.remote_address = IpAddress::parse(fmt::format("10.{}.{}.7", i / 250, i % 250));
  facts.local_address = IpAddress::parse("192.0.2.1");
  facts.local_port = static_cast<std::uint16_t>(1024 + i * 3 + 2);
  facts.remote_port = 443;
  facts.uid = 1000 + i % 500;
  facts.groups = {100, 1000};
  facts.unit = fmt::format("service{}.service", i % 300);
  facts.server_name = "db.example.org";
  return facts;
}

Policy policy_of(unsigned rules) {
  const std::vector<SourceFile> files{{"f", configuration(rules)}};
  auto read = policy::parse_policy(files, {});
  if (!read)
    fmt::print(stderr, "{}\n", read.error().lines.front());
  return std::move(read).value();
}

void load(benchmark::State& state) {
  const std::vector<SourceFile> files{{"f", configuration(static_cast<unsigned>(state.range(0)))}};
  for (auto _ : state)
    benchmark::DoNotOptimize(policy::parse_policy(files, {}));
}

// The part of it that toml++ has.
void parse_toml(benchmark::State& state) {
  const std::vector<SourceFile> files{{"f", configuration(static_cast<unsigned>(state.range(0)))}};
  for (auto _ : state) {
    policy::Report report(files);
    benchmark::DoNotOptimize(policy::parse_document(files[0], 0, report));
  }
}

void decide(benchmark::State& state) {
  const auto rules = static_cast<unsigned>(state.range(0));
  const auto policy = policy_of(rules);
  std::vector<Facts> requests;
  requests.reserve(1000);
  std::mt19937 random(1); // NOLINT(cert-msc51-cpp): the same each time
  for (int i = 0; i < 1000; ++i)
    requests.push_back(facts_of(static_cast<unsigned>(random()) % rules));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy.decide(requests[next], {}));
    next = (next + 1) % requests.size();
  }
}

void explain(benchmark::State& state) {
  const auto rules = static_cast<unsigned>(state.range(0));
  const auto policy = policy_of(rules);
  const Facts facts = facts_of(rules / 2);
  for (auto _ : state)
    benchmark::DoNotOptimize(policy::explanation(policy, facts, {}));
}

void review(benchmark::State& state) {
  const auto policy = policy_of(static_cast<unsigned>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(policy::review(policy));
}

// The longest: whatever two rules are compared, they meet, and neither covers the other.
void review_of_alike(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < state.range(0); ++i)
    text += fmt::format("[[rule]]\nname = \"r{}\"\naction = \"{}\"\nlocal_port = \"{}-{}\"\n", i,
                        i % 2 == 0 ? "clear" : "deny", 1 + i, 20'000 + i);
  const std::vector<SourceFile> files{{"f", text}};
  const auto policy = policy::parse_policy(files, {}).value();
  for (auto _ : state)
    benchmark::DoNotOptimize(policy::review(policy));
}

BENCHMARK(load)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_toml)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(decide)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(explain)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(review)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(review_of_alike)->Arg(10'000)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace ktls::bench
