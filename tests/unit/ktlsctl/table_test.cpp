// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/table.hpp"

#include <gtest/gtest.h>

namespace ktls::command {
namespace {

const std::vector<Column> three_columns{{"ID", 0, 0, true}, {"NAME", 1, 6}, {"NOTE", 2, 6}};

std::vector<Cells> two_rows() {
  return {{{"7"}, {"alice"}, {"a long note of hers"}}, {{"4711"}, {"bob"}, {""}}};
}

TEST(Table, LinesUpItsColumns) {
  EXPECT_EQ(table_text(three_columns, two_rows(), std::nullopt, Palette()),
            "  ID  NAME   NOTE\n"
            "   7  alice  a long note of hers\n"
            "4711  bob    -\n");
}

TEST(Table, LeavesOutWhatNoRowHas) {
  EXPECT_EQ(table_text(three_columns, {{{"7"}, {""}, {"x"}}}, std::nullopt, Palette()), "ID  NOTE\n"
                                                                                        " 7  x\n");
}

TEST(Table, ShowsItsTitlesWithoutRows) {
  EXPECT_EQ(table_text(three_columns, {}, std::nullopt, Palette()), "ID  NAME  NOTE\n");
}

TEST(Table, CutsTheWidestThatMayBeCut) {
  EXPECT_EQ(table_text(three_columns, two_rows(), 23, Palette()), "  ID  NAME   NOTE\n"
                                                                  "   7  alice  a long ...\n"
                                                                  "4711  bob    -\n");
}

TEST(Table, LeavesOutTheHighestRankWhereThereIsNoRoom) {
  EXPECT_EQ(table_text(three_columns, two_rows(), 12, Palette()), "  ID  NAME\n"
                                                                  "   7  alice\n"
                                                                  "4711  bob\n");
}

TEST(Table, KeepsTheLowestRankWithNoRoomAtAll) {
  EXPECT_EQ(table_text(three_columns, two_rows(), 1, Palette()), "  ID\n   7\n4711\n");
}

TEST(Table, FitsEveryWidthThatItsFirstColumnFits) {
  for (std::size_t width = 4; width < 40; ++width) {
    const auto text = table_text(three_columns, two_rows(), width, Palette());
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      EXPECT_LE(end - begin, width) << text;
      begin = end + 1;
    }
  }
}

TEST(Table, CountsNoColoursAsWidth) {
  EXPECT_EQ(table_text({{"A"}, {"B"}}, {{{"x", Tone::Bad}, {"y"}}}, 4, Palette(true)),
            "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n"
            "\x1b[31mx\x1b[0m  y\n");
}

TEST(Table, HasNoSpacesAtTheEndOfALine) {
  const auto text = table_text(three_columns, two_rows(), std::nullopt, Palette());

  EXPECT_EQ(text.find(" \n"), std::string::npos) << text;
}

} // namespace
} // namespace ktls::command
