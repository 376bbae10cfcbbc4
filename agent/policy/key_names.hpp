// SPDX-License-Identifier: GPL-2.0-or-later
// Names of keys and values: ours, and what AT-TLS calls the same.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace ktls::policy {

// A key that a table may have. AT-TLS's name counts in any case.
struct Key {
  std::string_view name;
  std::string_view at_tls; // empty: it has none
};

template<class Value>
struct Choice {
  std::string_view name;
  std::string_view at_tls; // as above
  Value value;
};

[[nodiscard]] bool is_same_but_for_case(std::string_view a, std::string_view b);

// Whether it is meant by what is written in a file.
template<class Named>
[[nodiscard]] bool is_called(const Named& named, std::string_view written) {
  return written == named.name ||
         (!named.at_tls.empty() && is_same_but_for_case(written, named.at_tls));
}

// For a name of AT-TLS that is no key here: what there is instead. Empty for other names.
[[nodiscard]] std::string_view instead_of(std::string_view at_tls);

} // namespace ktls::policy
