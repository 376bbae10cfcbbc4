// SPDX-License-Identifier: GPL-2.0-or-later
// OBJECT IDENTIFIERs as text: "1.3.6.1.5.5.7.3.2". Pure.
#pragma once

#include <string>
#include <string_view>

#include "tls/der.hpp"

namespace ktls::identity {

// `content`: of the element. One that is malformed, or has a number of more than 63 bits, becomes
// "#" and its bytes in hexadecimal, which is_oid() is false for.
[[nodiscard]] std::string oid_text(tls::Bytes content);

// Whether oid_text() could say it: numbers without zeros before them, at least two.
[[nodiscard]] bool is_oid(std::string_view text);

// Small hexadecimal digits.
[[nodiscard]] std::string hex_text(tls::Bytes bytes);

} // namespace ktls::identity
