// SPDX-License-Identifier: GPL-2.0-or-later
// Test keys and certificates by their file names, and a signer that has a key in this process.
#pragma once

#include <functional>
#include <string>

#include "support/test_data.hpp"
#include "tls/certificate.hpp"
#include "tls/inventory.hpp"
#include "tls/private_key.hpp"

namespace ktls::test {

inline tls::PrivateKey private_key(const std::string& name) {
  const std::string pem = data(name + ".key");
  return tls::PrivateKey::from_pem(std::as_bytes(std::span(pem))).value();
}

inline std::vector<tls::Der> certificates(const std::string& name) {
  return tls::certificates_from_pem(data(name + ".pem")).value();
}

class LocalSigner final : public tls::RemoteSigner {
public:
  explicit LocalSigner(const std::string& key) : key_(private_key(key)) {}
  Result<std::vector<std::byte>> sign(std::uint32_t, std::uint16_t scheme,
                                      std::span<const std::byte> content) override {
    ++asked;
    if (before)
      before();
    if (fails)
      return errno_error("signing", EIO);
    auto made = key_.sign(scheme, content);
    if (spoils && made)
      made->back() ^= std::byte{1};
    return made;
  }
  int asked = 0;
  bool fails = false;
  bool spoils = false;          // what it signs
  std::function<void()> before; // what happens between the question and the answer

private:
  tls::PrivateKey key_;
};

} // namespace ktls::test
