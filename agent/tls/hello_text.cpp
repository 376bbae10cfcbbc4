// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/hello_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "tls/tls_reader.hpp"

namespace ktls::tls {
namespace {

// A number of a registry of IANA's, and its name there.
struct CodePoint {
  std::uint32_t number;
  std::string_view name;
};

constexpr std::array<CodePoint, 5> version_points{{{0x0304, "TLS 1.3"},
                                                   {0x0303, "TLS 1.2"},
                                                   {0x0302, "TLS 1.1"},
                                                   {0x0301, "TLS 1.0"},
                                                   {0x0300, "SSL 3.0"}}};
constexpr std::array<CodePoint, 13> group_points{{{0x0017, "secp256r1"},
                                                  {0x0018, "secp384r1"},
                                                  {0x0019, "secp521r1"},
                                                  {0x001d, "x25519"},
                                                  {0x001e, "x448"},
                                                  {0x0100, "ffdhe2048"},
                                                  {0x0101, "ffdhe3072"},
                                                  {0x0102, "ffdhe4096"},
                                                  {0x0103, "ffdhe6144"},
                                                  {0x0104, "ffdhe8192"},
                                                  {0x11eb, "SecP256r1MLKEM768"},
                                                  {0x11ec, "X25519MLKEM768"},
                                                  {0x11ed, "SecP384r1MLKEM1024"}}};
constexpr std::array<CodePoint, 14> scheme_points{{{0x0401, "rsa_pkcs1_sha256"},
                                                   {0x0501, "rsa_pkcs1_sha384"},
                                                   {0x0601, "rsa_pkcs1_sha512"},
                                                   {0x0403, "ecdsa_secp256r1_sha256"},
                                                   {0x0503, "ecdsa_secp384r1_sha384"},
                                                   {0x0603, "ecdsa_secp521r1_sha512"},
                                                   {0x0804, "rsa_pss_rsae_sha256"},
                                                   {0x0805, "rsa_pss_rsae_sha384"},
                                                   {0x0806, "rsa_pss_rsae_sha512"},
                                                   {0x0807, "ed25519"},
                                                   {0x0808, "ed448"},
                                                   {0x0809, "rsa_pss_pss_sha256"},
                                                   {0x080a, "rsa_pss_pss_sha384"},
                                                   {0x080b, "rsa_pss_pss_sha512"}}};
// Those that the kernel could carry; others are told by their numbers.
constexpr std::array<CodePoint, 14> suite_points{
    {{0x1301, "TLS_AES_128_GCM_SHA256"},
     {0x1302, "TLS_AES_256_GCM_SHA384"},
     {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
     {0x1304, "TLS_AES_128_CCM_SHA256"},
     {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
     {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
     {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
     {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
     {0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
     {0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
     {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
     {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
     {0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
     {0x5600, "TLS_FALLBACK_SCSV"}}};
constexpr std::array<CodePoint, 16> message_types{{{0, "hello_request"},
                                                   {1, "client_hello"},
                                                   {2, "server_hello"},
                                                   {4, "new_session_ticket"},
                                                   {5, "end_of_early_data"},
                                                   {8, "encrypted_extensions"},
                                                   {11, "certificate"},
                                                   {12, "server_key_exchange"},
                                                   {13, "certificate_request"},
                                                   {14, "server_hello_done"},
                                                   {15, "certificate_verify"},
                                                   {16, "client_key_exchange"},
                                                   {20, "finished"},
                                                   {22, "certificate_status"},
                                                   {24, "key_update"},
                                                   {254, "change_cipher_spec"}}};

// RFC 8446, section 4.1.3: "the special value of the SHA-256 of "HelloRetryRequest""; its first
// four bytes.
constexpr std::uint32_t retry_random = 0xcf21ad74;

namespace offered_extension {
constexpr std::uint32_t server_name = 0;
constexpr std::uint32_t supported_groups = 10;
constexpr std::uint32_t signature_algorithms = 13;
constexpr std::uint32_t alpn = 16;
constexpr std::uint32_t pre_shared_key = 41;
constexpr std::uint32_t supported_versions = 43;
constexpr std::uint32_t key_share = 51;
} // namespace offered_extension

std::string code_point_name(std::span<const CodePoint> points, std::uint32_t number) {
  const auto found = std::ranges::find(points, number, &CodePoint::number);
  return found == points.end() ? fmt::format("{:#06x}", number) : std::string(found->name);
}

// The first of them, and how many there are.
struct Shown {
  std::vector<std::string> names;
  std::size_t count = 0;

  void add(std::string name) {
    if (++count <= max_listed)
      names.push_back(std::move(name));
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{}{}", fmt::join(names, ", "),
                       count > max_listed ? fmt::format(" and {} more", count - max_listed) : "");
  }
};

Shown points_in(std::span<const std::byte> list, std::span<const CodePoint> points) {
  Shown shown;
  for (TlsReader reader(list); !reader.at_end();) {
    const auto number = reader.number(2);
    if (reader.ok())
      shown.add(code_point_name(points, number));
  }
  return shown;
}

std::string quoted(std::span<const std::byte> bytes, std::size_t most) {
  return fmt::format("\"{}\"",
                     escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, most));
}

std::string names_in(std::span<const std::byte> list) {
  constexpr std::size_t max_shown = 64;
  Shown shown;
  for (TlsReader reader(list); !reader.at_end();) {
    const auto name = reader.vector(1);
    if (reader.ok())
      shown.add(quoted(name, max_shown));
  }
  return shown.text();
}

std::string shares_in(std::span<const std::byte> list) {
  Shown shown;
  for (TlsReader reader(list); !reader.at_end();) {
    const auto group = reader.number(2);
    (void)reader.vector(2);
    if (reader.ok())
      shown.add(code_point_name(group_points, group));
  }
  return shown.text();
}

class HelloText {
public:
  bool has_version = false; // in an extension, which counts then

  void part(std::string_view label, const std::string& text) {
    if (!text.empty())
      text_ += fmt::format("{}{}{}", text_.empty() ? "" : "; ", label, text);
  }
  std::string take(bool sound) {
    if (!sound)
      part("", "malformed");
    return std::move(text_);
  }

private:
  std::string text_;
};

void tell_offered(std::uint32_t type, std::span<const std::byte> content, HelloText& out) {
  TlsReader reader(content);
  switch (type) {
  case offered_extension::server_name: {
    constexpr std::size_t max_shown = 255;
    TlsReader list(reader.vector(2));
    (void)list.number(1);
    return out.part("server name ", quoted(list.vector(2), max_shown));
  }
  case offered_extension::supported_groups:
    return out.part("groups ", points_in(reader.vector(2), group_points).text());
  case offered_extension::signature_algorithms:
    return out.part("signatures ", points_in(reader.vector(2), scheme_points).text());
  case offered_extension::alpn:
    return out.part("protocols ", names_in(reader.vector(2)));
  case offered_extension::pre_shared_key:
    return out.part("", "a pre-shared key or a ticket");
  case offered_extension::supported_versions:
    out.has_version = true;
    return out.part("versions ", points_in(reader.vector(1), version_points).text());
  case offered_extension::key_share:
    return out.part("key shares ", shares_in(reader.vector(2)));
  default:
    return;
  }
}

void tell_chosen(std::uint32_t type, std::span<const std::byte> content, HelloText& out) {
  TlsReader reader(content);
  const auto number = reader.number(2);
  if (!reader.ok())
    return;
  out.has_version = out.has_version || type == offered_extension::supported_versions;
  if (type == offered_extension::supported_versions)
    out.part("version ", code_point_name(version_points, number));
  else if (type == offered_extension::key_share)
    out.part("group ", code_point_name(group_points, number));
  else if (type == offered_extension::pre_shared_key)
    out.part("", "the pre-shared key or the ticket");
}

using Tell = void (*)(std::uint32_t, std::span<const std::byte>, HelloText&);

// Behind the head of a hello. False: malformed.
bool tell_extensions(TlsReader& hello, Tell tell, HelloText& out) {
  if (hello.ok() && hello.at_end())
    return true; // TLS 1.2 may have none
  TlsReader extensions(hello.vector(2));
  while (!extensions.at_end()) {
    const auto type = extensions.number(2);
    const auto content = extensions.vector(2);
    if (extensions.ok())
      tell(type, content, out);
  }
  return hello.ok() && extensions.ok();
}

constexpr std::size_t hello_random_size = 32;

} // namespace

std::string offer_text(std::span<const std::byte> client_hello) {
  HelloText out;
  TlsReader reader(client_hello);
  const auto legacy_version = reader.number(2);
  (void)reader.bytes(hello_random_size);
  (void)reader.vector(1); // legacy_session_id
  const auto suites = reader.vector(2);
  (void)reader.vector(1); // legacy_compression_methods
  const bool has_head = reader.ok();
  out.part("suites ", points_in(suites, suite_points).text());
  const bool sound = tell_extensions(reader, tell_offered, out);
  if (has_head && !out.has_version)
    out.part("versions up to ", code_point_name(version_points, legacy_version));
  return out.take(sound);
}

std::string choice_text(std::span<const std::byte> server_hello) {
  HelloText out;
  TlsReader reader(server_hello);
  const auto legacy_version = reader.number(2);
  TlsReader random(reader.bytes(hello_random_size));
  if (random.number(4) == retry_random)
    out.part("", "another client_hello is wanted");
  (void)reader.vector(1); // legacy_session_id
  const auto suite = reader.number(2);
  (void)reader.number(1); // legacy_compression_method
  const bool has_head = reader.ok();
  if (has_head)
    out.part("suite ", code_point_name(suite_points, suite));
  const bool sound = tell_extensions(reader, tell_chosen, out);
  if (has_head && !out.has_version)
    out.part("version ", code_point_name(version_points, legacy_version));
  return out.take(sound);
}

std::string message_name(unsigned type) {
  const auto found = std::ranges::find(message_types, type, &CodePoint::number);
  return found == message_types.end() ? fmt::format("message {}", type) : std::string(found->name);
}

} // namespace ktls::tls
