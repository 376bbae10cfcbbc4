// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/rule_review.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "policy/rule_pairs.hpp"

namespace ktls::policy {
namespace {

constexpr std::size_t most_notes = 20;
constexpr std::size_t most_compared = 2'000'000; // pairs, in detail
constexpr std::size_t most_kept = 10'000;

bool have_one_outcome(const Rule& a, const Rule& b) {
  return a.action == b.action && (a.action != Action::Profile || a.profile == b.profile);
}

class OrderReview {
public:
  explicit OrderReview(const std::vector<Rule>& rules) : rules_(rules), shadows_(rules.size()) {
    covers_.reserve(rules.size());
    for (const auto& rule : rules)
      covers_.emplace_back(rule);
    complete_ = each_near_pair(bounds_of(rules), [this](std::size_t earlier, std::size_t later) {
      return compare(earlier, later);
    });
  }

  void tell(std::vector<Remark>& out) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (const auto& by = shadows_[i])
        out.push_back(
            {Remark::Kind::Warning,
             fmt::format("{}: rule.{}: never applies: whatever it is for, rule {} ({}) "
                         "is for, and comes before it",
                         rules_[i].where, rules_[i].name, rules_[*by].name, rules_[*by].where)});
    }
    tell_disputes(out);
    if (!complete_)
      out.push_back({Remark::Kind::Note, fmt::format("{}: rule.{}: there are too many rules for "
                                                     "all of them to be compared",
                                                     rules_[0].where, rules_[0].name)});
  }

private:
  struct Pair {
    std::size_t earlier;
    std::size_t later;

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
    auto operator<=>(const Pair&) const = default;
  };

  bool compare(std::size_t earlier, std::size_t later) {
    if (shadows_[later])
      return true;
    if (++compared_ > most_compared)
      return false;
    if (covers_[earlier].covers(covers_[later]))
      shadows_[later] = earlier;
    else if (is_dispute(earlier, later) && disputes_.size() < most_kept)
      disputes_.push_back({earlier, later});
    return true;
  }

  // An exception before what it is an exception from is no dispute.
  [[nodiscard]] bool is_dispute(std::size_t earlier, std::size_t later) const {
    return rules_[earlier].priority == rules_[later].priority &&
           !have_one_outcome(rules_[earlier], rules_[later]) &&
           covers_[earlier].meets(covers_[later]) && !covers_[later].covers(covers_[earlier]);
  }

  void tell_disputes(std::vector<Remark>& out) const {
    auto disputes = disputes_;
    std::erase_if(disputes, [this](const Pair& pair) {
      return shadows_[pair.earlier] || shadows_[pair.later];
    });
    std::ranges::sort(disputes);
    const auto told = std::min(disputes.size(), most_notes);
    for (const auto& [earlier, later] : std::span(disputes).first(told))
      out.push_back({Remark::Kind::Note,
                     fmt::format("{}: rule.{}: is asked after rule {} ({}), of the same priority, "
                                 "and some connections are for both",
                                 rules_[later].where, rules_[later].name, rules_[earlier].name,
                                 rules_[earlier].where)});
    if (told < disputes.size())
      out.push_back({Remark::Kind::Note,
                     fmt::format("{}: rule.{}: and {} more such pairs of rules",
                                 rules_[disputes[told].later].where,
                                 rules_[disputes[told].later].name, disputes.size() - told)});
  }

  const std::vector<Rule>& rules_;
  std::vector<RuleCover> covers_;
  std::vector<std::optional<std::size_t>> shadows_; // by which earlier rule
  std::vector<Pair> disputes_;
  std::size_t compared_ = 0;
  bool complete_ = true;
};

} // namespace

void review_order(const Policy& policy, std::vector<Remark>& out) {
  OrderReview(policy.rules()).tell(out);
}

} // namespace ktls::policy
