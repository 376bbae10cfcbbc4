// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <type_traits>
#include <vector>

namespace ktls {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);

constexpr std::size_t small = 32;     // shares its pages
constexpr std::size_t large = 10'000; // has its own

// The "VmFlags" of the memory at `address`, proc(5).
std::string memory_flags(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t start = 0;
    const char* end = line.data() + line.size();
    const auto read = std::from_chars(line.data(), end, start, 16);
    if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-') {
      std::uintptr_t stop = 0;
      (void)std::from_chars(read.ptr + 1, end, stop, 16);
      here = start <= wanted && wanted < stop;
    }
    if (here && line.starts_with("VmFlags:"))
      return line + " ";
  }
  return {};
}

bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

class EachSize : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Secret, EachSize, testing::Values(1, small, 128, 129, large));

TEST_P(EachSize, StartsZeroed) {
  const auto secret = Secret::create(GetParam());

  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->bytes().size(), GetParam());
  EXPECT_TRUE(is_zero(secret->bytes()));
}

TEST_P(EachSize, StartsZeroedWhereAnotherWas) {
  for (int i = 0; i < 2; ++i) {
    auto secret = Secret::create(GetParam()).value();
    EXPECT_TRUE(is_zero(secret.bytes()));
    std::fill(secret.bytes().begin(), secret.bytes().end(), std::byte{7});
  }
}

TEST_P(EachSize, KeepsWhatIsPutIn) {
  auto secret = Secret::create(GetParam()).value();

  secret.bytes().back() = std::byte{7};

  EXPECT_EQ(secret.bytes().back(), std::byte{7});
}

TEST_P(EachSize, StaysOutOfCoreDumps) {
  const auto secret = Secret::create(GetParam()).value();

  const auto flags = memory_flags(secret.bytes().data());

  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
}

TEST_P(EachSize, StaysOutOfChildren) {
  auto secret = Secret::create(GetParam()).value();
  secret.bytes()[0] = std::byte{7};

  EXPECT_EXIT(::_exit(secret.bytes()[0] == std::byte{0} ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(Secret, MovesItsBytes) {
  auto from = Secret::create(small).value();
  const auto* bytes = from.bytes().data();

  Secret to(std::move(from));

  EXPECT_EQ(to.bytes().data(), bytes);
  EXPECT_TRUE(from.bytes().empty()); // NOLINT(bugprone-use-after-move)
}

TEST(Secret, MovesByAssignment) {
  auto from = Secret::create(large).value();
  auto to = Secret::create(small).value();
  const auto* bytes = from.bytes().data();

  to = std::move(from);

  EXPECT_EQ(to.bytes().data(), bytes);
  EXPECT_EQ(to.bytes().size(), large);
}

TEST(Secret, IsApartFromOthers) {
  std::vector<Secret> secrets;
  constexpr std::size_t more_than_a_block = 1000;
  for (std::size_t i = 0; i < more_than_a_block; ++i) {
    secrets.push_back(Secret::create(small).value());
    std::fill(secrets[i].bytes().begin(), secrets[i].bytes().end(), static_cast<std::byte>(i));
  }

  for (std::size_t i = 0; i < more_than_a_block; ++i)
    EXPECT_EQ(secrets[i].bytes().back(), static_cast<std::byte>(i)) << i;
}

TEST(Secret, LeavesNoPagesBehindWhenLarge) {
  const void* pages = Secret::create(large)->bytes().data();

  EXPECT_EQ(memory_flags(pages).find(" dd "), std::string::npos);
}

TEST(SecretDeathTest, CannotBeOverrunFar) {
  constexpr std::size_t page = 4096;
  auto secret = Secret::create(page).value();

  EXPECT_DEATH(*(secret.bytes().data() + page) = std::byte{7}, "");
  EXPECT_DEATH(*(secret.bytes().data() - 1) = std::byte{7}, "");
}

TEST(Secret, CannotBeEmpty) {
  EXPECT_FALSE(Secret::create(0));
}

TEST(Secret, CannotBeLargerThanMemory) {
  EXPECT_FALSE(Secret::create(SIZE_MAX));
  EXPECT_FALSE(Secret::create(SIZE_MAX - 8192));
  EXPECT_FALSE(Secret::create(SIZE_MAX / 2));
}

} // namespace
} // namespace ktls
