// SPDX-License-Identifier: GPL-2.0-or-later
// NameTable: names of the input, made into names that ktlsd.toml and file systems take.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ktls::importer {

class NameTable {
public:
  // "A-Z a-z 0-9 _ -" can be in a name, and `also`.
  explicit NameTable(std::string_view also = "") : also_(also) {}

  // The same original, the same name; different originals, different names. 1 to 64 characters.
  // `wish`: what to make the name of, where that is not the original.
  const std::string& name(std::string_view original, std::string_view wish);
  const std::string& name(std::string_view original) { return name(original, original); }
  static constexpr std::size_t max_name = 64;

private:
  [[nodiscard]] std::string cleaned(std::string_view wish) const;

  std::string also_;
  std::map<std::string, std::string, std::less<>> names_; // by original
  std::set<std::string, std::less<>> taken_;
  std::map<std::string, unsigned, std::less<>> counts_; // of how often a name was wished for
};

} // namespace ktls::importer
