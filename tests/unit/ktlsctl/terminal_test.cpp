// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/terminal.hpp"

#include <gtest/gtest.h>

namespace ktls::command {
namespace {

TEST(Terminal, HasColoursUnlessSomebodyWantsNone) {
  EXPECT_TRUE(wants_colours(true, nullptr, "xterm"));
  EXPECT_TRUE(wants_colours(true, "", "xterm"));
  EXPECT_FALSE(wants_colours(false, nullptr, "xterm"));
  EXPECT_FALSE(wants_colours(true, "1", "xterm"));
  EXPECT_FALSE(wants_colours(true, "0", "xterm"));
  EXPECT_FALSE(wants_colours(true, nullptr, "dumb"));
  EXPECT_FALSE(wants_colours(true, nullptr, ""));
  EXPECT_FALSE(wants_colours(true, nullptr, nullptr));
}

TEST(Palette, PaintsWhatHasATone) {
  EXPECT_EQ(Palette(true).paint(Tone::Bad, "no"), "\x1b[31mno\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Tone::Plain, "no"), "no");
  EXPECT_EQ(Palette(true).paint(Tone::Bad, ""), "");
  EXPECT_EQ(Palette(false).paint(Tone::Bad, "no"), "no");
}

} // namespace
} // namespace ktls::command
