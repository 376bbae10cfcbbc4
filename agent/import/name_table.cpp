// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/name_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls::importer {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

} // namespace

std::string NameTable::cleaned(std::string_view wish) const {
  std::string out(wish.substr(0, max_name));
  for (char& c : out) {
    if (!is_plain(c) && also_.find(c) == std::string::npos)
      c = '_';
  }
  if (out.empty() || out.front() == '.') // no ".", "..", or hidden file
    out = "_" + out.substr(std::min<std::size_t>(out.size(), 1));
  return out;
}

const std::string& NameTable::name(std::string_view original, std::string_view wish) {
  if (const auto known = names_.find(original); known != names_.end())
    return known->second;
  const auto plain = cleaned(wish);
  auto out = plain;
  auto& count = counts_[plain];
  while (!taken_.insert(out).second) {
    const auto suffix = fmt::format("-{}", ++count + 1);
    out = plain.substr(0, max_name - suffix.size()) + suffix;
  }
  return names_.emplace(original, std::move(out)).first->second;
}

} // namespace ktls::importer
