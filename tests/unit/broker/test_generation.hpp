// SPDX-License-Identifier: GPL-2.0-or-later
// A policy for the dispatcher, served by workers of the test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "broker/generation.hpp"

namespace ktls::test {

// No user and no group has a name.
inline policy::Accounts no_accounts() {
  return {[](const std::string&) { return std::nullopt; },
          [](const std::string&) { return std::nullopt; }};
}

inline policy::Policy policy_of(const std::string& toml) {
  const policy::SourceFile file{"test.toml", toml};
  auto parsed = policy::parse_policy(std::span(&file, 1), no_accounts());
  if (!parsed) {
    for (const auto& line : parsed.error().lines)
      ADD_FAILURE() << line;
    return policy::parse_policy({}, no_accounts()).value();
  }
  return std::move(*parsed);
}

using ServedByName = std::map<std::string, ServedProfile>;

class TestGeneration {
public:
  // `served`: by the names of the profiles.
  TestGeneration(const std::string& toml, const ServedByName& served, Workers& workers,
                 std::uint64_t number = 1)
      : policy_(policy_of(toml)), view_{number, policy_, served_, workers} {
    for (const auto& profile : policy_.profiles())
      served_.push_back(served.at(profile.name));
  }

  static std::shared_ptr<const Generation> make(const std::string& toml, const ServedByName& served,
                                                Workers& workers, std::uint64_t number = 1) {
    auto self = std::make_shared<TestGeneration>(toml, served, workers, number);
    return {self, &self->view_};
  }

private:
  policy::Policy policy_;
  std::vector<ServedProfile> served_;
  Generation view_;
};

} // namespace ktls::test
