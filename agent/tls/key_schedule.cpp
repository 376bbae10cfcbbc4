// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/key_schedule.hpp"

#include <gnutls/crypto.h>

#include <string>
#include <string_view>
#include <utility>

#include "tls/gnutls_error.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

// "struct { uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>; }"
std::string hkdf_label(std::size_t length, std::string_view label) {
  constexpr std::string_view prefix = "tls13 ";
  std::string out;
  out += static_cast<char>(length >> 8U);
  out += static_cast<char>(length & 0xffU);
  out += static_cast<char>(prefix.size() + label.size());
  out += prefix;
  out += label;
  out += '\0'; // an empty context
  return out;
}

Result<Secret> expand_label(std::span<const std::byte> secret, std::string_view label,
                            std::size_t length) {
  if (!is_traffic_secret_size(secret.size()))
    return invalid("a traffic secret of this size");
  const auto hash = secret.size() == sha256_secret ? GNUTLS_MAC_SHA256 : GNUTLS_MAC_SHA384;
  const auto text = hkdf_label(length, label);
  const gnutls_datum_t info = view(std::as_bytes(std::span(text)));
  const gnutls_datum_t key = view(secret);
  Secret out = TRY(Secret::create(length));
  const int status = gnutls_hkdf_expand(hash, &key, &info, out.bytes().data(), length);
  if (status < 0)
    return gnutls_error("deriving keys", status);
  return out;
}

} // namespace

Result<Secret> next_traffic_secret(std::span<const std::byte> secret) {
  return expand_label(secret, "traffic upd", secret.size());
}

Result<WriteKey> write_key_of(std::span<const std::byte> secret, std::size_t key_size,
                              std::size_t iv_size) {
  Secret key = TRY(expand_label(secret, "key", key_size));
  Secret iv = TRY(expand_label(secret, "iv", iv_size));
  return WriteKey{std::move(key), std::move(iv)};
}

} // namespace ktls::tls
