// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_algorithms.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

struct Algorithm {
  std::string_view code; // hexadecimal for suites and signatures, decimal for groups
  std::string_view name; // System SSL's
  std::string_view ours;
};

// With forward secrecy by elliptic curves, and an AEAD that the kernel can have: no others.
constexpr std::array<Algorithm, 7> suites{{
    {"1301", "TLS_AES_128_GCM_SHA256", "aes-128-gcm"},
    {"1302", "TLS_AES_256_GCM_SHA384", "aes-256-gcm"},
    {"1303", "TLS_CHACHA20_POLY1305_SHA256", "chacha20-poly1305"},
    {"C02B", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "aes-128-gcm"},
    {"C02C", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "aes-256-gcm"},
    {"C02F", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "aes-128-gcm"},
    {"C030", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "aes-256-gcm"},
}};

// IANA: TLS Supported Groups.
constexpr std::array<Algorithm, 13> groups{{
    {"0023", "secp256r1", "secp256r1"},
    {"0024", "secp384r1", "secp384r1"},
    {"0025", "secp521r1", "secp521r1"},
    {"0029", "x25519", "x25519"},
    {"0030", "x448", "x448"},
    {"0256", "ffdhe2048", "ffdhe2048"},
    {"0257", "ffdhe3072", "ffdhe3072"},
    {"0258", "ffdhe4096", "ffdhe4096"},
    {"0259", "ffdhe6144", "ffdhe6144"},
    {"0260", "ffdhe8192", "ffdhe8192"},
    {"4587", "secp256r1mlkem768", "SecP256r1MLKEM768"},
    {"4588", "x25519mlkem768", "X25519MLKEM768"},
    {"4589", "secp384r1mlkem1024", "SecP384r1MLKEM1024"},
}};

// RFC 8446, section 4.2.3.
constexpr std::array<Algorithm, 14> signatures{{
    {"0401", "TLS_SIGALG_SHA256_WITH_RSA", "rsa_pkcs1_sha256"},
    {"0501", "TLS_SIGALG_SHA384_WITH_RSA", "rsa_pkcs1_sha384"},
    {"0601", "TLS_SIGALG_SHA512_WITH_RSA", "rsa_pkcs1_sha512"},
    {"0403", "TLS_SIGALG_SHA256_WITH_ECDSA", "ecdsa_secp256r1_sha256"},
    {"0503", "TLS_SIGALG_SHA384_WITH_ECDSA", "ecdsa_secp384r1_sha384"},
    {"0603", "TLS_SIGALG_SHA512_WITH_ECDSA", "ecdsa_secp521r1_sha512"},
    {"0804", "TLS_SIGALG_SHA256_WITH_RSASSA_PSS", "rsa_pss_rsae_sha256"},
    {"0805", "TLS_SIGALG_SHA384_WITH_RSASSA_PSS", "rsa_pss_rsae_sha384"},
    {"0806", "TLS_SIGALG_SHA512_WITH_RSASSA_PSS", "rsa_pss_rsae_sha512"},
    {"0807", "TLS_SIGALG_ED25519", "ed25519"},
    {"0808", "TLS_SIGALG_ED448", "ed448"},
    {"0809", "rsa_pss_pss_sha256", "rsa_pss_pss_sha256"},
    {"080A", "rsa_pss_pss_sha384", "rsa_pss_pss_sha384"},
    {"080B", "rsa_pss_pss_sha512", "rsa_pss_pss_sha512"},
}};

struct Registry {
  AlgorithmKind kind;
  std::span<const Algorithm> all;
  std::size_t digits; // of a code
  std::string_view digit_characters;
};
constexpr std::size_t max_codes = 256; // of a line; there are less than 100 suites
constexpr std::string_view hexadecimal = "0123456789ABCDEFabcdef";
constexpr std::string_view decimal = "0123456789";
constexpr std::array<Registry, 4> registries{{
    {AlgorithmKind::Suite, suites, 4, hexadecimal},
    {AlgorithmKind::Suite2, suites, 2, hexadecimal},
    {AlgorithmKind::Group, groups, 4, decimal},
    {AlgorithmKind::Signature, signatures, 4, hexadecimal},
}};

// One name, or the codes that it consists of.
Strings split(const Registry& registry, std::string_view value) {
  Strings out;
  if (value.size() % registry.digits != 0 ||
      value.find_first_not_of(registry.digit_characters) != std::string_view::npos) {
    out.emplace_back(value);
    return out;
  }
  for (std::size_t at = 0; at < value.size() && out.size() < max_codes; at += registry.digits)
    out.emplace_back(value.substr(at, registry.digits));
  if (out.size() == max_codes)
    out.emplace_back("...");
  return out;
}

void add_once(Strings& to, std::string_view value) {
  if (std::find(to.begin(), to.end(), value) == to.end())
    to.emplace_back(value);
}

void add(const Registry& registry, std::string_view one, Algorithms& out) {
  const auto found =
      std::find_if(registry.all.begin(), registry.all.end(), [&](const Algorithm& known) {
        return same(known.code, one) || same(known.name, one);
      });
  if (found == registry.all.end())
    add_once(out.without, one);
  else
    add_once(out.ours, found->ours);
}

} // namespace

Algorithms algorithms(AlgorithmKind kind, const Strings& values) {
  const auto* registry = std::find_if(registries.begin(), registries.end(),
                                      [&](const Registry& one) { return one.kind == kind; });
  Algorithms out;
  for (const auto& value : values) {
    if (out.without.size() > max_codes)
      break;
    for (const auto& one : split(*registry, value))
      add(*registry, one, out);
  }
  return out;
}

// RFC 6460, section 3: of 128 bits, and of 192.
std::optional<SuiteB> suite_b(std::string_view profile) {
  const std::array<SuiteB, 5> known{{
      {"128", {"aes-128-gcm"}, {"secp256r1"}, {"ecdsa_secp256r1_sha256"}},
      {"192", {"aes-256-gcm"}, {"secp384r1"}, {"ecdsa_secp384r1_sha384"}},
      {"128Min",
       {"aes-128-gcm", "aes-256-gcm"},
       {"secp256r1", "secp384r1"},
       {"ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"}},
      {"192Min", {"aes-256-gcm"}, {"secp384r1"}, {"ecdsa_secp384r1_sha384"}},
      {"All",
       {"aes-128-gcm", "aes-256-gcm"},
       {"secp256r1", "secp384r1"},
       {"ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"}},
  }};
  const auto* found = std::find_if(known.begin(), known.end(),
                                   [&](const SuiteB& one) { return same(one.profile, profile); });
  return found == known.end() ? std::nullopt : std::optional(*found);
}

} // namespace ktls::importer
