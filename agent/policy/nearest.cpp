// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace ktls::policy {
namespace {

constexpr std::size_t longest_compared = 64;
constexpr std::size_t most_suggested = 3;
constexpr std::size_t few = 24;

bool alike(char a, char b) {
  const auto plain = [](char c) {
    return c == '-' ? '_' : std::tolower(static_cast<unsigned char>(c));
  };
  return plain(a) == plain(b);
}

// How many letters have to be added, taken away or replaced.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto replaced = diagonal + (alike(a[i], b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

} // namespace

std::vector<std::string_view> nearest(std::string_view name,
                                      std::span<const std::string_view> known) {
  if (name.size() > longest_compared)
    return {};
  const std::size_t near = 1 + name.size() / 4;
  std::vector<std::pair<std::size_t, std::string_view>> found;
  for (const auto candidate : known) {
    const auto longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) > near)
      continue;
    if (const auto away = distance(name, candidate); away <= near)
      found.emplace_back(away, candidate);
  }
  std::ranges::stable_sort(found, {}, &std::pair<std::size_t, std::string_view>::first);
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < std::min(found.size(), most_suggested); ++i)
    out.push_back(found[i].second);
  return out;
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  if (const auto near = nearest(name, known); !near.empty())
    return fmt::format("; is it {}?", fmt::join(near, ", "));
  if (known.empty() || known.size() > few)
    return "";
  return fmt::format("; known here: {}", fmt::join(known, ", "));
}

} // namespace ktls::policy
