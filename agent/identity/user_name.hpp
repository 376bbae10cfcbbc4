// SPDX-License-Identifier: GPL-2.0-or-later
// What the name of a user may look like. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ktls::identity {

inline constexpr std::size_t max_user_name = 256;

// Why it can be the name of no user; empty: it can. Nothing is folded: "Alice" is not "alice".
[[nodiscard]] std::string flaw_of_user_name(std::string_view name);

// As above, of one that a certificate has: that of the superuser is never taken from there.
[[nodiscard]] std::string flaw_of_derived_name(std::string_view name);

} // namespace ktls::identity
