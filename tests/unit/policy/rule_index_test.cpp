// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_index.hpp"

#include <random>

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::to_port;

Conditions for_port(std::uint16_t first, std::uint16_t last) {
  Conditions conditions;
  conditions.remote_port = {{first, last}};
  return conditions;
}

std::vector<RuleNumber> list(const RuleSet& rules) {
  std::vector<RuleNumber> all;
  for (auto rule = rules.first_from(0); rule; rule = rules.first_from(*rule + 1))
    all.push_back(*rule);
  return all;
}
std::vector<RuleNumber> found(const std::vector<Conditions>& rules, const Facts& facts) {
  return list(RuleIndex(rules).rules_for(facts));
}

TEST(RuleSet, FindsTheFirstFromANumberOn) {
  RuleSet rules(200);
  EXPECT_EQ(rules.first_from(0), std::nullopt);
  for (const RuleNumber rule : {3U, 63U, 64U, 199U})
    rules.add(rule);

  EXPECT_EQ(list(rules), (std::vector<RuleNumber>{3, 63, 64, 199}));
  EXPECT_EQ(rules.first_from(63), 63U);
  EXPECT_EQ(rules.first_from(65), 199U);
  EXPECT_EQ(rules.first_from(200), std::nullopt);
  EXPECT_TRUE(rules.has(64));
  EXPECT_FALSE(rules.has(65));
}

TEST(RuleIndex, HasNothingWithoutRules) {
  EXPECT_TRUE(found({}, to_port(80)).empty());
}

TEST(RuleIndex, FindsAllRulesThatApplyInTheirOrder) {
  const std::vector<Conditions> rules{for_port(100, 200), Conditions{}, for_port(150, 150),
                                      for_port(1, 99), for_port(0, 65'535)};

  EXPECT_EQ(found(rules, to_port(150)), (std::vector<RuleNumber>{0, 1, 2, 4}));
  EXPECT_EQ(found(rules, to_port(200)), (std::vector<RuleNumber>{0, 1, 4}));
  EXPECT_EQ(found(rules, to_port(201)), (std::vector<RuleNumber>{1, 4}));
  EXPECT_EQ(found(rules, to_port(99)), (std::vector<RuleNumber>{1, 3, 4}));
  EXPECT_EQ(found(rules, to_port(0)), (std::vector<RuleNumber>{1})) << "it is not known";
}

TEST(RuleIndex, WantsAllConditionsOfARule) {
  auto both = for_port(443, 443);
  both.uid = {exactly(uid_t{33}), exactly(uid_t{1000})};
  auto facts = to_port(443);
  EXPECT_TRUE(found({both}, facts).empty()) << "nobody";
  facts.uid = 1000;
  EXPECT_EQ(found({both}, facts).size(), 1U);
  facts.remote_port = 80;
  EXPECT_TRUE(found({both}, facts).empty());
}

// Against asking each rule: policies and requests by chance, of few values, so that much overlaps.
class Chance {
public:
  explicit Chance(unsigned seed) : random_(seed) {}

  Conditions conditions() {
    Conditions out;
    fill(out.origin, [this] { return exactly(static_cast<Origin>(below(3))); });
    fill(out.direction, [this] { return exactly(static_cast<Direction>(below(2))); });
    fill(out.role, [this] { return exactly(static_cast<AskedRole>(below(2))); });
    fill(out.local_address, [this] { return network(); });
    fill(out.remote_address, [this] { return network(); });
    fill(out.local_port, [this] { return range<std::uint16_t>(); });
    fill(out.remote_port, [this] { return range<std::uint16_t>(); });
    fill(out.uid, [this] { return range<uid_t>(); });
    fill(out.group, [this] { return range<gid_t>(); });
    fill(out.unit, [this] { return beginning_with(word()); });
    fill(out.executable, [this] { return exactly(word()); });
    fill(out.server_name, [this] { return server_names((below(2) ? "*." : "") + word()); });
    fill(out.network_namespace, [this] { return exactly(word()); });
    return out;
  }
  Facts facts() {
    Facts out;
    out.origin = static_cast<Origin>(below(3));
    if (below(4) != 0)
      out.direction = static_cast<Direction>(below(2));
    if (below(4) != 0)
      out.role = static_cast<AskedRole>(below(2));
    out.local_address = address();
    out.remote_address = address();
    out.local_port = static_cast<std::uint16_t>(below(values));
    out.remote_port = static_cast<std::uint16_t>(below(values));
    if (below(4) != 0)
      out.uid = below(values);
    out.groups = {below(values), below(values)};
    out.unit = word();
    out.executable = word();
    out.server_name = below(2) != 0 ? word() + "." + word() : word();
    out.network_namespace = word();
    return out;
  }

private:
  static constexpr unsigned values = 8;
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_()) % limit; }
  template<class List, class Make>
  void fill(List& list, Make make) {
    constexpr unsigned seldom = 5;
    for (unsigned count = below(seldom) == 0 ? 1 + below(2) : 0; count > 0; --count)
      list.push_back(make());
  }
  template<class Number>
  Interval<Number> range() {
    const auto first = below(values);
    return {static_cast<Number>(first), static_cast<Number>(first + below(values))};
  }
  IpAddress address() {
    return IpAddress::parse((below(2) != 0 ? "10.0.0." : "2001:db8::") +
                            std::to_string(below(values)))
        .value();
  }
  Interval<IpAddress> network() {
    const auto any = address();
    const auto length = any.bits() - below(4);
    return {any.first_with(length), any.last_with(length)};
  }
  std::string word() { return std::string(1 + below(3), 'a') + (below(2) != 0 ? "b" : ""); }

  std::mt19937 random_;
};

TEST(RuleIndex, FindsWhatAskingEachRuleFinds) {
  std::size_t matches = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    Chance chance(seed);
    std::vector<Conditions> rules;
    for (unsigned i = 0; i < 1 + seed * 10; ++i)
      rules.push_back(chance.conditions());
    const RuleIndex index(rules);
    for (int i = 0; i < 100; ++i) {
      const auto facts = chance.facts();
      std::vector<RuleNumber> expected;
      for (RuleNumber rule = 0; rule < rules.size(); ++rule) {
        if (rules[rule].are_met_by(facts))
          expected.push_back(rule);
      }
      matches += expected.size();
      ASSERT_EQ(list(index.rules_for(facts)), expected) << "seed " << seed;
    }
  }
  EXPECT_GT(matches, 1000U) << "or it would show little";
}

} // namespace
} // namespace ktls::policy
