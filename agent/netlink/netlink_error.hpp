// SPDX-License-Identifier: GPL-2.0-or-later
// netlink_error: libnl's error numbers as Errors.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ktls {

// `number` is what a function of libnl returned, of either sign.
[[nodiscard]] Unexpected netlink_error(std::string context, int number);

} // namespace ktls
