// SPDX-License-Identifier: GPL-2.0-or-later
// Pattern: a POSIX extended regular expression that has to match all of a text. Pure.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace ktls::identity {

// Not regexec(): glibc's keeps each state that a text leads to for as long as the expression lives,
// 7 MB after one hostile name of 1024 bytes, and its regcomp() takes 4 GB for a hundred nested
// stars. Here all states are followed at once, byte by byte: the time is at most the length of the
// text by that of the program, and nothing is kept.
//
// Of POSIX, without what it leaves undefined, and without collating elements ("[[.a.]]"). '.' and
// "[^a]" stand for one byte.
class Pattern {
public:
  static constexpr std::size_t max_size = 512;
  static constexpr std::size_t max_steps = 2048; // after repetitions are written out
  static constexpr unsigned max_depth = 16;      // of parentheses
  static constexpr unsigned max_repeat = 255;    // RE_DUP_MAX

  // Unexpected: what is wrong with it.
  static tl::expected<Pattern, std::string> parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view text) const;
  // What that takes at most: the bytes of the text by the steps of the program. 0: next to nothing.
  [[nodiscard]] std::size_t cost(std::string_view text) const;
  // It matches one text only.
  [[nodiscard]] bool is_literal() const { return literal_; }
  // What all that it matches ends with: of two patterns that match the same text, the one with the
  // longer end is the more specific.
  [[nodiscard]] const std::string& fixed_end() const { return fixed_end_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  using Bytes = std::bitset<256>;
  struct Step {
    enum class Kind : std::uint8_t {
      Byte,  // one of sets[set], and on to the next step
      Begin, // only before the first byte
      End,   // only behind the last
      Fork,  // to both
      Jump,  // to `to` only
    };
    Kind kind = Kind::Byte;
    std::uint16_t set = 0;
    std::int32_t to = 0; // from here
  };
  struct Program {
    std::vector<Step> steps; // it has matched where it gets behind the last
    std::vector<Bytes> sets;
  };

private:
  std::string text_;
  Program program_;
  std::string fixed_end_;
  bool literal_ = false;
};

} // namespace ktls::identity
