// SPDX-License-Identifier: GPL-2.0-or-later
// Problems: what a person has to look at in an import, and where it stands.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ktls::importer {

using Line = std::size_t; // from 1 on

class Problems {
public:
  explicit Problems(std::string_view file);

  // `text` need not be safe to print. The same problem of the same line counts once.
  void add(Line line, std::string_view text);
  // What makes the rest of the input meaningless.
  void add_fatal(Line line, std::string_view text);
  [[nodiscard]] bool fatal() const { return fatal_; }

  // In the order of lines; beyond `most`, their number.
  [[nodiscard]] std::vector<std::string> lines() const;
  static constexpr std::size_t most = 1000;

private:
  std::string file_;
  std::set<std::pair<Line, std::string>> all_;
  std::size_t left_out_ = 0;
  bool fatal_ = false;
};

} // namespace ktls::importer
