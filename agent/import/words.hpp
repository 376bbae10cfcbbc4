// SPDX-License-Identifier: GPL-2.0-or-later
// Cutting text into lines and words, and comparing it without regard to case (ASCII only).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/problems.hpp"

namespace ktls::importer {

[[nodiscard]] bool is_blank(char c); // space, tab and the like
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool same(std::string_view a, std::string_view b);
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
[[nodiscard]] std::string_view first_word(std::string_view text);
// Without their ends, "\n" or "\r\n".
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
// Decimal digits alone.
[[nodiscard]] std::optional<std::uint64_t> number(std::string_view text);

// Without the mark of byte order that some editors put in front.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);
// Too much text, and bytes that no text has, are fatal problems.
void check_text(std::string_view text, Problems& problems);

} // namespace ktls::importer
