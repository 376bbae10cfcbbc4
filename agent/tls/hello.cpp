// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/hello.hpp"

#include <algorithm>

#include "tls/tls_reader.hpp"

namespace ktls::tls {
namespace {

constexpr std::uint32_t max_fragment_length_extension = 1;
constexpr std::uint32_t record_size_limit_extension = 28;
constexpr std::uint32_t supported_versions_extension = 43;
constexpr std::uint32_t version_tls12 = 0x0303;
constexpr std::uint32_t version_tls13 = 0x0304;
constexpr std::size_t random_size = 32;

// RFC 6066, section 4: 2^9(1), 2^10(2), 2^11(3), 2^12(4)
std::optional<std::uint16_t> fragment_length(std::uint32_t code) {
  if (code < 1 || code > 4)
    return std::nullopt;
  return static_cast<std::uint16_t>(1U << (8 + code));
}

// RFC 8446, section 4.2.1: "If this extension is present in the ClientHello, servers MUST NOT use
// the ClientHello.legacy_version value for version negotiation"
void read_versions(TlsReader& content, Hello& hello) {
  hello.tls12 = false;
  for (auto bytes = content.number(1); bytes > 0 && content.ok(); bytes -= std::min(bytes, 2U)) {
    const auto version = content.number(2);
    hello.tls12 = hello.tls12 || version == version_tls12;
    hello.tls13 = hello.tls13 || version == version_tls13;
  }
}

void read_extension(HelloKind kind, std::uint32_t type, TlsReader& content, Hello& hello) {
  if (type == record_size_limit_extension)
    hello.record_size_limit = static_cast<std::uint16_t>(content.number(2));
  else if (type == max_fragment_length_extension)
    hello.max_fragment_length = fragment_length(content.number(1));
  else if (type == supported_versions_extension && kind == HelloKind::ClientHello)
    read_versions(content, hello);
}

} // namespace

std::uint32_t read_hello_head(HelloKind kind, TlsReader& message) {
  const auto legacy_version = message.number(2);
  (void)message.bytes(random_size);
  (void)message.vector(1); // legacy_session_id
  if (kind == HelloKind::ClientHello) {
    (void)message.vector(2); // cipher_suites
    (void)message.vector(1); // legacy_compression_methods
  } else {
    (void)message.number(3); // cipher_suite, legacy_compression_method
  }
  return legacy_version;
}

std::optional<Hello> parse_hello(HelloKind kind, std::span<const std::byte> message) {
  TlsReader reader(message);
  Hello hello;
  if (kind != HelloKind::EncryptedExtensions)
    hello.tls12 = read_hello_head(kind, reader) >= version_tls12;
  if (reader.ok() && reader.at_end())
    return hello; // TLS 1.2 may have none
  TlsReader extensions(reader.vector(2));
  while (!extensions.at_end()) {
    const auto type = extensions.number(2);
    TlsReader content(extensions.vector(2));
    read_extension(kind, type, content, hello);
    if (!content.ok())
      return std::nullopt;
  }
  if (!reader.ok() || !extensions.ok())
    return std::nullopt;
  return hello;
}

} // namespace ktls::tls
