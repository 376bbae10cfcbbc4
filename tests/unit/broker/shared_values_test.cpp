// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/shared_values.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ktls {
namespace {

using Texts = SharedValues<std::string>;

Texts::Pointer text(const std::string& value) {
  return std::make_shared<const std::string>(value);
}

TEST(SharedValues, KeepsEqualOnesOnce) {
  Texts texts;

  const auto first = texts.share(text("a"));
  const auto second = texts.share(text("a"));
  const auto third = texts.share(text("b"));

  EXPECT_EQ(first.get(), second.get());
  EXPECT_NE(first.get(), third.get());
  EXPECT_EQ(*third, "b");
  EXPECT_EQ(texts.size(), 2U);
}

TEST(SharedValues, LeavesNullAsItIs) {
  Texts texts;

  EXPECT_EQ(texts.share(nullptr), nullptr);
  EXPECT_EQ(texts.size(), 0U);
}

TEST(SharedValues, ForgetsWhatNobodyHas) {
  Texts texts;
  const auto kept = texts.share(text("kept"));
  for (int i = 0; i < 100'000; ++i)
    (void)texts.share(text(std::to_string(i)));

  EXPECT_LT(texts.size(), 200U);
  EXPECT_EQ(texts.share(text("kept")).get(), kept.get());
}

TEST(SharedValues, KeepsAllThatSomebodyHas) {
  Texts texts;
  std::vector<Texts::Pointer> kept;
  kept.reserve(1000);
  for (int i = 0; i < 1000; ++i)
    kept.push_back(texts.share(text(std::to_string(i))));

  EXPECT_EQ(texts.size(), 1000U);
  EXPECT_EQ(texts.share(text("7")).get(), kept[7].get());
}

} // namespace
} // namespace ktls
