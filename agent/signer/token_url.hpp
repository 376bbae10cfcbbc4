// SPDX-License-Identifier: GPL-2.0-or-later
// TokenUrl: the URL of a key in a token (RFC 7512 for pkcs11:), taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ktls {

struct TokenUrl {
  std::string key;                       // without its query part
  std::optional<Secret> pin;             // pin-value
  std::optional<std::string> pin_source; // pin-source: the absolute path of a file
};

inline constexpr std::size_t max_pin_size = 255;

// Opens nothing. No error says anything of the URL, which may hold a PIN.
Result<TokenUrl> parse_token_url(std::string_view url);

// The PIN in the content of a file: without the end of its one line.
Result<Secret> pin_from_file(const Secret& content);

} // namespace ktls
