// SPDX-License-Identifier: GPL-2.0-or-later
// IntervalIndex: which rules have an interval in which a value lies; however many there are.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "policy/rule_set.hpp"

namespace ktls::policy {

// From `first` to `last`, both included.
template<class Key>
struct Interval {
  Key first;
  Key last;

  [[nodiscard]] bool has(const Key& key) const { return first <= key && key <= last; }
  bool operator==(const Interval&) const = default;
};

// A segment tree: the ends of all intervals cut the keys into pieces, which are the leaves. An
// interval is in at most two nodes of each level, and the nodes above a piece have all intervals
// around it. So a question takes a logarithm of steps even if all intervals overlap.
template<class Key>
class IntervalIndex {
public:
  using Entry = std::pair<Interval<Key>, RuleNumber>;

  IntervalIndex(const std::vector<Entry>& entries, std::size_t rules) : rules_(rules) {
    for (const auto& [interval, rule] : entries) {
      cuts_.push_back({interval.first, false});
      cuts_.push_back({interval.last, true});
    }
    std::sort(cuts_.begin(), cuts_.end());
    cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
    nodes_.resize(2 * cuts_.size());
    for (const auto& [interval, rule] : entries)
      insert(place_of({interval.first, false}), place_of({interval.last, true}), rule);
    for (auto& node : nodes_)
      node.pack(rules_);
  }

  // Adds the rules that have an interval around `key`.
  void add_rules_of(const Key& key, RuleSet& to) const {
    // the piece that begins with the last cut before the key
    const auto next = std::upper_bound(cuts_.begin(), cuts_.end(), Cut{key, false});
    if (next == cuts_.begin())
      return;
    const auto piece = static_cast<std::size_t>(next - cuts_.begin()) - 1;
    for (auto node = piece + cuts_.size(); node > 0; node /= 2)
      nodes_[node].add_to(to);
  }

private:
  // Before a key, or behind it.
  struct Cut {
    Key key;
    bool behind;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
    auto operator<=>(const Cut&) const = default;
  };
  // Few rules are a list, many a set.
  struct Node {
    std::vector<RuleNumber> list;
    std::optional<RuleSet> set;

    void pack(std::size_t rules) {
      constexpr std::size_t rules_in_a_word = 64;
      if (list.size() <= rules / rules_in_a_word)
        return;
      set.emplace(rules);
      for (const auto rule : list)
        set->add(rule);
      list = {};
    }
    void add_to(RuleSet& to) const {
      if (set)
        to |= *set;
      for (const auto rule : list)
        to.add(rule);
    }
  };

  [[nodiscard]] std::size_t place_of(const Cut& cut) const {
    return static_cast<std::size_t>(std::lower_bound(cuts_.begin(), cuts_.end(), cut) -
                                    cuts_.begin());
  }
  // Into the pieces from `begin` to before `end`.
  void insert(std::size_t begin, std::size_t end, RuleNumber rule) {
    for (begin += cuts_.size(), end += cuts_.size(); begin < end; begin /= 2, end /= 2) {
      if (begin % 2 == 1)
        nodes_[begin++].list.push_back(rule);
      if (end % 2 == 1)
        nodes_[--end].list.push_back(rule);
    }
  }

  std::size_t rules_;
  std::vector<Cut> cuts_; // sorted, each once
  std::vector<Node>
      nodes_; // a node's halves are at twice its place; from cuts_.size() on the pieces
};

} // namespace ktls::policy
