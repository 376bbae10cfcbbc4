// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <type_traits>

namespace ktls {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);

// The "VmFlags" of the memory at `address`, proc(5).
std::string memory_flags(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t start = 0;
    const char* end = line.data() + line.size();
    const auto read = std::from_chars(line.data(), end, start, 16);
    if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
      here = start == wanted;
    if (here && line.starts_with("VmFlags:"))
      return line + " ";
  }
  return {};
}

TEST(Secret, StartsZeroed) {
  const auto secret = Secret::create(10'000);

  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->bytes().size(), 10'000U);
  EXPECT_TRUE(std::all_of(secret->bytes().begin(), secret->bytes().end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(Secret, KeepsWhatIsPutIn) {
  auto secret = Secret::create(32).value();

  secret.bytes()[31] = std::byte{7};

  EXPECT_EQ(secret.bytes()[31], std::byte{7});
}

TEST(Secret, MovesItsPages) {
  auto from = Secret::create(32).value();
  const auto* pages = from.bytes().data();

  Secret to(std::move(from));

  EXPECT_EQ(to.bytes().data(), pages);
  EXPECT_TRUE(from.bytes().empty()); // NOLINT(bugprone-use-after-move)
}

TEST(Secret, MovesByAssignment) {
  auto from = Secret::create(32).value();
  auto to = Secret::create(16).value();
  const auto* pages = from.bytes().data();

  to = std::move(from);

  EXPECT_EQ(to.bytes().data(), pages);
  EXPECT_EQ(to.bytes().size(), 32U);
}

TEST(Secret, StaysOutOfCoreDumps) {
  const auto secret = Secret::create(32).value();

  const auto flags = memory_flags(secret.bytes().data());

  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
}

TEST(SecretDeathTest, StaysOutOfChildren) {
  auto secret = Secret::create(32).value();
  secret.bytes()[0] = std::byte{7};

  EXPECT_EXIT(::_exit(secret.bytes()[0] == std::byte{0} ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(Secret, LeavesNoPagesBehind) {
  const void* pages = Secret::create(32)->bytes().data();

  EXPECT_EQ(memory_flags(pages).find(" dd "), std::string::npos);
}

TEST(Secret, CannotBeEmpty) {
  EXPECT_FALSE(Secret::create(0));
}

} // namespace
} // namespace ktls
