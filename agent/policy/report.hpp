// SPDX-License-Identifier: GPL-2.0-or-later
// Report: what is wrong with the files of a configuration, and where.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace ktls::policy {

// A line of one of the files.
struct Place {
  std::uint32_t file = 0;
  std::uint32_t line = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy takes it for a null pointer
  auto operator<=>(const Place&) const = default;
};

class Report {
public:
  // `files` must outlive it.
  explicit Report(std::span<const SourceFile> files) : files_(files) {}

  // "/etc/ktlsd/ktlsd.toml:7"
  [[nodiscard]] std::string where(Place place) const;
  void add(Place place, std::string_view key, std::string_view text);
  // A file could not be read to its end: what seems to be missing may be in the rest of it.
  void add_syntax_error(Place place, std::string_view text);
  [[nodiscard]] bool has_seen_everything() const { return !cut_short_; }
  // In the order of the files and lines, each once.
  [[nodiscard]] Problems take();

private:
  struct Problem {
    Place place;
    std::string text;
  };

  std::span<const SourceFile> files_;
  std::vector<Problem> problems_;
  bool cut_short_ = false;
};

} // namespace ktls::policy
