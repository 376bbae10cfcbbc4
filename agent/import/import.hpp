// SPDX-License-Identifier: GPL-2.0-or-later
// Import: a configuration of another program, put into the language of ktlsd.toml. Pure: text in,
// text out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ktls::importer {

struct Import {
  // To be read by a person first. Empty: the input is broken, and half of it must not count.
  std::string toml;
  // What does not mean the same here, each as "file:line: what". Nothing secret is in them.
  std::vector<std::string> problems;
};

inline constexpr std::size_t max_input = 1024UL * 1024;
// Of which ktlsd reads no more.
inline constexpr std::size_t max_output = 4UL * 1024 * 1024;

} // namespace ktls::importer
