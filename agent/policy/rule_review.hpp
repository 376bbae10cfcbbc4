// SPDX-License-Identifier: GPL-2.0-or-later
// What is remarkable about rules beside one another.
#pragma once

#include "policy/review.hpp"

namespace ktls::policy {

// Rules that never apply, because an earlier one always does; and rules whose order decides.
void review_order(const Policy& policy, std::vector<Remark>& out);

} // namespace ktls::policy
