// SPDX-License-Identifier: GPL-2.0-or-later
// A context of org.ktlsctl.Mapper1, read from its dictionary.
#pragma once

#include "bus/compatibility.hpp"
#include "bus/mapper1.hpp"

namespace ktls::bus {

// Unexpected: what is wrong with it.
tl::expected<Context, std::string> context_from(const Dictionary& dictionary);
Dictionary dictionary_of(const Context& context);

} // namespace ktls::bus
