// SPDX-License-Identifier: GPL-2.0-or-later
// What the name of a user may look like. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ktls::identity {

inline constexpr std::size_t max_user_name = 256;

// Why it can be the name of no user; empty: it can. Of one that an administrator has written:
// "CORP\alice" and "alice@corp.example" are users of directories. Nothing is folded: "Alice" is not
// "alice".
[[nodiscard]] std::string flaw_of_user_name(std::string_view name);

// As above, of one that is made from `part`, a text in a certificate: that chooses no domain, and
// is never the superuser.
[[nodiscard]] std::string flaw_of_derived_name(std::string_view name, std::string_view part);

} // namespace ktls::identity
