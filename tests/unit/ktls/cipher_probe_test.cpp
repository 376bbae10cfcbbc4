// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/cipher_probe.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

namespace ktls {
namespace {

auto open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

// What it finds is the kernel's business, and tested there (tests/kernel).
TEST(ProbeCiphers, LeavesNoDescriptorOpen) {
  const auto before = open_descriptors();

  (void)probe_ciphers();

  EXPECT_EQ(open_descriptors(), before);
}

} // namespace
} // namespace ktls
