// SPDX-License-Identifier: GPL-2.0-or-later
// RuleSet: some of the rules of a policy, by number.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ktls::policy {

using RuleNumber = std::uint32_t;

class RuleSet {
public:
  explicit RuleSet(std::size_t rules) : words_((rules + word_bits - 1) / word_bits) {}

  void add(RuleNumber rule) { words_[rule / word_bits] |= bit(rule); }
  [[nodiscard]] bool has(RuleNumber rule) const {
    return (words_[rule / word_bits] & bit(rule)) != 0;
  }
  // Of as many rules.
  RuleSet& operator|=(const RuleSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i)
      words_[i] |= other.words_[i];
    return *this;
  }
  RuleSet& operator&=(const RuleSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i)
      words_[i] &= other.words_[i];
    return *this;
  }
  // The lowest number from this one on.
  [[nodiscard]] std::optional<RuleNumber> first_from(RuleNumber from) const {
    for (std::size_t i = from / word_bits; i < words_.size(); ++i) {
      const auto word = i == from / word_bits ? words_[i] & ~(bit(from) - 1) : words_[i];
      if (word != 0)
        return static_cast<RuleNumber>(i * word_bits) +
               static_cast<RuleNumber>(std::countr_zero(word));
    }
    return std::nullopt;
  }

private:
  static constexpr std::size_t word_bits = 64;
  static std::uint64_t bit(RuleNumber rule) { return std::uint64_t{1} << (rule % word_bits); }

  std::vector<std::uint64_t> words_;
};

} // namespace ktls::policy
