// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_table.hpp"

#include <gtest/gtest.h>

#include "ktlsctl/session_samples.hpp"

namespace ktls::command {
namespace {

std::string table_at(std::optional<std::size_t> width) {
  return session_table({test::row(), test::row_of_the_kernel()}, test::noon(), width, Palette());
}

TEST(SessionTable, HasAllOfItWithoutAWidth) {
  EXPECT_EQ(
      table_at(std::nullopt),
      "  ID    AGE  ORIGIN       STATE      ROLE         LOCAL               REMOTE          "
      "            PEER                USER   RULE  PROFILE     PROTOCOL  CIPHER             "
      "      PID  UID\n"
      "4711  2h05m  application  -          server+auth  192.0.2.1:443       "
      "198.51.100.7:50123          CN=alice,O=Example  alice  web   web-server  TLSv1.3   "
      "TLS_AES_128_GCM_SHA256  1234   33\n"
      "  12      -  kernel       recovered  -            [2001:db8::1]:2049  "
      "[2001:db8:1:2:3:4:5:6]:700  -                   -      -     -           -         -   "
      "                       -    -\n");
}

TEST(SessionTable, SaysWhoItIsWithAt80Columns) {
  EXPECT_EQ(table_at(80),
            "  ID  STATE      ROLE         REMOTE                      PEER             USER\n"
            "4711  -          server+auth  198.51.100.7:50123          CN=alice,O=E...  alice\n"
            "  12  recovered  -            [2001:db8:1:2:3:4:5:6]:700  -                -\n");
}

TEST(SessionTable, HasNoColumnForWhatIsUsual) {
  const auto text = session_table({test::row()}, test::noon(), std::nullopt, Palette());

  EXPECT_EQ(text.find("STATE"), std::string::npos) << text;
}

TEST(SessionTable, PrintsNothingThatActsOnATerminal) {
  const auto row = test::hostile_details().row;

  EXPECT_TRUE(test::is_harmless(session_table({row}, test::noon(), std::nullopt, Palette())));
  EXPECT_TRUE(test::is_harmless(session_table({row}, test::noon(), 80, Palette())));
}

} // namespace
} // namespace ktls::command
