// SPDX-License-Identifier: GPL-2.0-or-later
// LocalPsk: pre-shared keys in this process.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "tls/psk.hpp"

namespace ktls::test {

class LocalPsk final : public tls::PskLookup {
public:
  LocalPsk() = default;
  // As client the first one is used.
  explicit LocalPsk(std::map<std::string, std::string> keys) : keys_(std::move(keys)) {}

  Result<tls::Psk> find(std::string_view identity) override {
    ++asked;
    const auto found = identity.empty() ? keys_.begin() : keys_.find(std::string(identity));
    if (found == keys_.end())
      return invalid("no such identity");
    auto key = TRY(Secret::create(found->second.size()));
    std::ranges::copy(std::as_bytes(std::span(found->second)), key.bytes().begin());
    return tls::Psk{found->first, std::move(key)};
  }
  int asked = 0;

private:
  std::map<std::string, std::string> keys_;
};

} // namespace ktls::test
