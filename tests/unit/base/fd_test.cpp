// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <type_traits>

namespace ktls {
namespace {

static_assert(!std::is_copy_constructible_v<Fd> && !std::is_copy_assignable_v<Fd>);
static_assert(!std::is_convertible_v<int, Fd>);

int open_one() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, IsNoneByDefault) {
  const Fd fd;

  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, TakesZeroForADescriptor) {
  Fd zero(0);

  EXPECT_TRUE(zero);
  EXPECT_EQ(zero.release(), 0);
}

TEST(Fd, ClosesWhenItGoes) {
  const int number = open_one();
  {
    const Fd fd(number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovesItsDescriptor) {
  const int number = open_one();
  Fd from(number);

  Fd to(std::move(from));

  EXPECT_EQ(to.get(), number);
  EXPECT_FALSE(from); // NOLINT(bugprone-use-after-move): what is left of it is the point
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, ClosesWhatItHadWhenAssigned) {
  const int old = open_one();
  const int number = open_one();
  Fd fd(old);

  fd = Fd(number);

  EXPECT_FALSE(is_open(old));
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, SurvivesAssignmentToItself) {
  const int number = open_one();
  Fd fd(number);
  Fd& same = fd;

  fd = std::move(same);

  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, ReleasesWithoutClosing) {
  Fd fd(open_one());

  const int number = fd.release();

  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(number));
  fd.reset(number);
  fd.reset();
  EXPECT_FALSE(is_open(number));
}

} // namespace
} // namespace ktls
