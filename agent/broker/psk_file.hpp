// SPDX-License-Identifier: GPL-2.0-or-later
// PskFile: pre-shared keys for applications, from a file in the format of psktool(1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tls/psk.hpp"

namespace ktls {

class PskFile {
public:
  static constexpr std::size_t max_keys = 1000;

  // One key a line, "identity:hexadecimal key"; empty lines and those that start with '#' do not
  // count. An error names the line, and nothing of it.
  static Result<PskFile> parse(std::string_view text);
  // A file that others than its owner and group cannot read.
  static Result<PskFile> read(const std::string& path);

  // An empty identity: the first key. The copy is the caller's.
  [[nodiscard]] Result<tls::Psk> find(std::string_view identity) const;

  // An identity whose key is bound to SHA-384; empty: there is none.
  [[nodiscard]] std::string_view first_with_sha384() const;

private:
  std::vector<tls::Psk> keys_;
};

} // namespace ktls
