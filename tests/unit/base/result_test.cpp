// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace ktls {
namespace {

using Owned = std::unique_ptr<int>;

Result<int> number(bool good) {
  if (!good)
    return errno_error("counting", EIO);
  return 7;
}
Result<> nothing(bool good) {
  if (!good)
    return errno_error("doing nothing", EPERM);
  return {};
}
Result<Owned> owned(bool good) {
  if (!good)
    return errno_error("making one", ENOMEM);
  return std::make_unique<int>(7);
}

Result<std::string> try_all(bool first, bool second, bool third, int& steps) {
  const int value = TRY(number(first));
  ++steps;
  TRY(nothing(second));
  ++steps;
  const Owned pointer = TRY(owned(third));
  ++steps;
  return std::to_string(value + *pointer);
}

TEST(Try, GivesTheValue) {
  int steps = 0;

  EXPECT_EQ(try_all(true, true, true, steps), "14");
  EXPECT_EQ(steps, 3);
}

TEST(Try, ReturnsTheFirstError) {
  int steps = 0;

  EXPECT_EQ(try_all(false, true, true, steps).error().context, "counting");
  EXPECT_EQ(steps, 0);
  EXPECT_EQ(try_all(true, false, true, steps).error().context, "doing nothing");
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(try_all(true, true, false, steps).error().code, std::errc::not_enough_memory);
  EXPECT_EQ(steps, 3);
}

TEST(Try, TakesANamedResult) {
  const auto twice = [](Result<Owned> first) -> Result<int> {
    const Owned pointer = TRY(first);
    return 2 * *pointer;
  };

  EXPECT_EQ(twice(owned(true)), 14);
  EXPECT_EQ(twice(owned(false)).error().context, "making one");
}

TEST(ErrnoError, TakesErrnoByDefault) {
  errno = ENOENT;

  const Error error = errno_error("opening it").value();

  EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(error.message(), "opening it: No such file or directory");
}

TEST(Invalid, SaysAllItself) {
  const Error error = invalid("the name is empty").value();

  EXPECT_EQ(error.code, std::errc::invalid_argument);
  EXPECT_EQ(error.message(), "the name is empty");
}

TEST(Invalid, MayBeMoreExact) {
  const Error error = invalid("the list", std::errc::message_size).value();

  EXPECT_EQ(error.message(), "the list: Message too long");
}

TEST(AddContext, GoesInFront) {
  const Error error = add_context(errno_error("opening it", EACCES).value(), "key 1").value();
  const Error bare = add_context(errno_error("", EACCES).value(), "key 1").value();

  EXPECT_EQ(error.message(), "key 1: opening it: Permission denied");
  EXPECT_EQ(bare.message(), "key 1: Permission denied");
}

TEST(ErrorMessage, NeedsNoContext) {
  EXPECT_EQ(errno_error("", EACCES).value().message(), "Permission denied");
}

TEST(CheckDeathTest, AbortsInEveryBuild) {
  check(true, "never seen");
  EXPECT_EXIT(check(false, "one is one"), testing::KilledBySignal(SIGABRT),
              "broken invariant: one is one");
}

} // namespace
} // namespace ktls
