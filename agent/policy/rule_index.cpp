// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_index.hpp"

namespace ktls::policy {

template<class Key, class Values>
class DimensionIndex {
public:
  DimensionIndex(const Dimension<Key, Values>& dimension, const std::vector<Conditions>& rules)
      : dimension_(dimension), asked_by_none_(rules.size()),
        intervals_(entries(rules), rules.size()) {
    for (RuleNumber rule = 0; rule < rules.size(); ++rule) {
      if ((rules[rule].*dimension.alternatives).empty())
        asked_by_none_.add(rule);
      else
        asked_ = true;
    }
  }

  [[nodiscard]] bool is_of(std::string_view name) const { return dimension_.name == name; }
  // Takes away what this condition does not let through.
  void narrow(RuleSet& rules, const Facts& facts) const {
    if (!asked_)
      return;
    RuleSet through = asked_by_none_;
    dimension_.values(facts, [&](const Key& value) { intervals_.add_rules_of(value, through); });
    rules &= through;
  }

private:
  [[nodiscard]] std::vector<typename IntervalIndex<Key>::Entry>
  entries(const std::vector<Conditions>& rules) const {
    std::vector<typename IntervalIndex<Key>::Entry> all;
    for (RuleNumber rule = 0; rule < rules.size(); ++rule) {
      for (const auto& interval : rules[rule].*dimension_.alternatives)
        all.emplace_back(interval, rule);
    }
    return all;
  }

  Dimension<Key, Values> dimension_;
  RuleSet asked_by_none_; // the rules that do not have this condition
  IntervalIndex<Key> intervals_;
  bool asked_ = false; // some rule has it
};

namespace {

template<class... Each>
auto indexes(const std::tuple<Each...>& all, const std::vector<Conditions>& rules) {
  return std::apply([&](const auto&... each) { return std::tuple{DimensionIndex(each, rules)...}; },
                    all);
}

RuleSet all_of(std::size_t rules) {
  RuleSet all(rules);
  for (RuleNumber rule = 0; rule < rules; ++rule)
    all.add(rule);
  return all;
}

} // namespace

struct RuleIndex::Parts {
  explicit Parts(const std::vector<Conditions>& rules)
      : all(all_of(rules.size())), each(indexes(dimensions, rules)) {}

  RuleSet all;
  decltype(indexes(dimensions, {})) each;
};

RuleIndex::RuleIndex(const std::vector<Conditions>& rules)
    : parts_(std::make_unique<Parts>(rules)) {}
RuleIndex::RuleIndex(RuleIndex&&) noexcept = default;
RuleIndex& RuleIndex::operator=(RuleIndex&&) noexcept = default;
RuleIndex::~RuleIndex() = default;

RuleSet RuleIndex::rules_for(const Facts& facts, ServerName server_name) const {
  RuleSet rules = parts_->all;
  const auto narrow = [&](const auto& index) {
    if (server_name == ServerName::AsInFacts || !index.is_of("server_name"))
      index.narrow(rules, facts);
  };
  std::apply([&](const auto&... index) { (narrow(index), ...); }, parts_->each);
  return rules;
}

} // namespace ktls::policy
