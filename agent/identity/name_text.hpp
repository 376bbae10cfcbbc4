// SPDX-License-Identifier: GPL-2.0-or-later
// Distinguished names as text (RFC 4514), so that different names are different texts. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/der.hpp"

namespace ktls::identity {

struct NameAttribute {
  std::string type;                 // "CN", or dotted
  std::optional<std::string> value; // UTF-8, as it is; none: it is no text
  bool operator==(const NameAttribute&) const = default;
};

struct NameText {
  static constexpr std::size_t max_attributes = 64;

  std::string text;                      // the most specific first
  std::vector<NameAttribute> attributes; // in this order
};

// `name`: all of the Name. None: it is malformed, or has more attributes.
[[nodiscard]] std::optional<NameText> read_name(tls::Bytes name);

// Whether read_name() says attributes so: "CN".
[[nodiscard]] bool is_attribute_name(std::string_view type);

} // namespace ktls::identity
