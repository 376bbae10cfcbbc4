// SPDX-License-Identifier: GPL-2.0-or-later
// The keys and certificates of tests/unit/tls/data, which its script `make` has made.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/file.hpp"

namespace ktls::test {

inline std::string data_path(const std::string& name) {
  return std::string(KTLS_TEST_DATA) + "/" + name;
}

inline std::string data(const std::string& name) {
  constexpr std::size_t limit = 1024UL * 1024;
  auto content = read_file(data_path(name), limit);
  EXPECT_TRUE(content) << content.error().message();
  return content.value_or("");
}

} // namespace ktls::test
