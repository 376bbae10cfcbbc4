// SPDX-License-Identifier: GPL-2.0-or-later
// wrong(): what a parser here returns for a text that it refuses.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace ktls::identity {

inline tl::unexpected<std::string> wrong(std::string why) {
  return tl::make_unexpected(std::move(why));
}

} // namespace ktls::identity
