// SPDX-License-Identifier: GPL-2.0-or-later
// DistinguishedName: X.501 names, to be compared as RFC 5280, section 7.1, has it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tls/der.hpp"

namespace ktls::tls {

// A value of a string type as text in UTF-8 (or what else a TeletexString may hold); none for what
// is no string.
std::optional<std::string> read_string(const DerElement& value);

// Without regard to the case of ASCII letters, to white space around words, and to which string
// type a value has.
class DistinguishedName {
public:
  DistinguishedName() = default;
  // `content`: of the SEQUENCE. None for one that is malformed.
  static std::optional<DistinguishedName> parse(Bytes content);
  // Of one relative name alone, the content of its SET.
  static std::optional<DistinguishedName> parse_relative(Bytes content);

  [[nodiscard]] bool empty() const { return normal_.empty(); }
  // RFC 5280, section 4.2.1.10: whether it is in the subtree below `base`.
  [[nodiscard]] bool is_within(const DistinguishedName& base) const {
    return normal_.starts_with(base.normal_);
  }
  // A value holds a NUL: whoever maps it to something else may see another one.
  [[nodiscard]] bool has_nul() const { return has_nul_; }
  // Of the emailAddress attributes (PKCS #9), as they are.
  [[nodiscard]] const std::vector<Bytes>& email_addresses() const { return email_addresses_; }
  // Equal for equal names.
  [[nodiscard]] const std::string& key() const { return normal_; }
  bool operator==(const DistinguishedName& other) const { return normal_ == other.normal_; }

private:
  bool append(Bytes relative_name);

  // Each relative name with its length before it, so that only whole ones are a prefix.
  std::string normal_;
  std::vector<Bytes> email_addresses_;
  bool has_nul_ = false;
};

} // namespace ktls::tls
