// SPDX-License-Identifier: GPL-2.0-or-later
// Names that resemble one that was perhaps mistyped.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ktls::policy {

// At most three, the nearest first; none when none is near.
[[nodiscard]] std::vector<std::string_view> nearest(std::string_view name,
                                                    std::span<const std::string_view> known);

// "; is it a, b?", or with nothing near and few known "; known here: a, b", or nothing.
[[nodiscard]] std::string suggestion(std::string_view name,
                                     std::span<const std::string_view> known);

} // namespace ktls::policy
