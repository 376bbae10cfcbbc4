// SPDX-License-Identifier: GPL-2.0-or-later
// PatternParser: from a POSIX extended regular expression to the program of a Pattern.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/pattern.hpp"

namespace ktls::identity {

class PatternParser {
public:
  explicit PatternParser(std::string_view text) : text_(text) {}

  // Once. False: problem() says why.
  bool parse();
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] Pattern::Program take_program() { return std::move(program_); }
  [[nodiscard]] const std::string& fixed_end() const { return fixed_end_; }
  [[nodiscard]] bool is_literal() const { return literal_; }

private:
  using Steps = std::vector<Pattern::Step>; // that refer to one another only

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool next_is(char c) const { return !at_end() && text_[at_] == c; }
  bool take_if(char c) {
    const bool is = next_is(c);
    at_ += is ? 1 : 0;
    return is;
  }
  std::nullopt_t fail(std::string_view why);

  std::optional<Steps> alternatives(unsigned depth);
  std::optional<Steps> branch(unsigned depth);
  std::optional<Steps> atom(unsigned depth);
  std::optional<Steps> escaped();
  std::optional<Steps> bracket();
  bool bracket_item(Pattern::Bytes& to);
  bool bracket_class(Pattern::Bytes& to);
  std::optional<unsigned char> bracket_byte();
  std::optional<Steps> repeated(Steps steps);
  std::optional<Steps> interval(const Steps& steps);
  std::optional<unsigned> number();
  bool fits(const Steps& steps);

  Pattern::Step byte_of(const Pattern::Bytes& set);
  Steps literal(std::string_view bytes);
  void note_atom(std::string_view literal_bytes, bool repeats, unsigned depth);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
  Pattern::Program program_;
  std::string literal_bytes_; // of the atom that was just read; empty: it is none
  std::string fixed_end_;
  bool literal_ = true;
};

} // namespace ktls::identity
