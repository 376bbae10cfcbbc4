// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace ktls::policy {

std::string Report::where(Place place) const {
  return fmt::format("{}:{}", files_[place.file].name, place.line);
}

void Report::add(Place place, std::string_view key, std::string_view text) {
  problems_.push_back(
      {place, fmt::format("{}: {}{}{}", where(place), key, key.empty() ? "" : ": ", text)});
}

void Report::add_syntax_error(Place place, std::string_view text) {
  cut_short_ = true;
  add(place, "", text);
}

Problems Report::take() {
  std::ranges::stable_sort(problems_, {}, &Problem::place);
  Problems out;
  std::unordered_set<std::string> told;
  for (auto& problem : problems_) {
    // what is inherited is read by each heir
    if (told.insert(problem.text).second)
      out.lines.push_back(std::move(problem.text));
  }
  problems_.clear();
  return out;
}

} // namespace ktls::policy
