// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/journal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/fd.hpp"

namespace ktls::journal {
namespace {

using Fields = std::vector<Field>;

TEST(Journal, EncodesFieldsAsLines) {
  const Fields fields{{"KTLS_USER", "alice"}, {"KTLS_RULE", ""}};

  EXPECT_EQ(encode(log::Level::Warning, "text", fields),
            "PRIORITY=4\nSYSLOG_IDENTIFIER=unit-base\nMESSAGE=text\nKTLS_USER=alice\n");
}

TEST(Journal, EncodesLineEndsWithALength) {
  const Fields fields{{"A", "x\nMESSAGE=y"}};
  using namespace std::string_literals;

  const auto record = encode(log::Level::Info, "text", fields);

  EXPECT_TRUE(record.ends_with("A\n\x0b\0\0\0\0\0\0\0x\nMESSAGE=y\n"s)) << record;
}

TEST(Journal, IsKnownByDeviceAndInode) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  struct stat status {};
  ASSERT_EQ(::fstat(writer.get(), &status), 0);
  const auto name = fmt::format("{}:{}", status.st_dev, status.st_ino);

  EXPECT_TRUE(leads_to_journal(writer.get(), name.c_str()));
  EXPECT_FALSE(leads_to_journal(writer.get(), (name + "1").c_str()));
  EXPECT_FALSE(leads_to_journal(writer.get(), ""));
  EXPECT_FALSE(leads_to_journal(writer.get(), nullptr));
  EXPECT_FALSE(leads_to_journal(-1, name.c_str()));
}

} // namespace
} // namespace ktls::journal
