// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/certificate_words.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "policy/pin.hpp"
#include "tls/parsed_certificate.hpp"
#include "tls/signature.hpp"

namespace ktls::command {
namespace {

constexpr std::size_t max_words = 1024;
constexpr std::size_t max_names = 64; // of one certificate

std::string hex_text(tls::Bytes bytes) {
  std::string out;
  for (const auto byte : bytes)
    out += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return out;
}

std::string address_words(tls::Bytes bytes) {
  sockaddr_storage address{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (bytes.size() == sizeof v4.sin_addr) {
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&address, &v4, sizeof v4);
  } else if (bytes.size() == sizeof v6.sin6_addr) {
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&address, &v6, sizeof v6);
  }
  const auto parsed = IpAddress::of(address);
  return parsed ? parsed->text() : hex_text(bytes);
}

std::string name_words(const tls::GeneralName& name) {
  using Type = tls::GeneralName::Type;
  switch (name.type) {
  case Type::Dns:
    return "DNS:" + escape(tls::text_of(name.value), max_words);
  case Type::Email:
    return "email:" + escape(tls::text_of(name.value), max_words);
  case Type::Uri:
    return "URI:" + escape(tls::text_of(name.value), max_words);
  case Type::Address:
    return "IP:" + address_words(name.value);
  case Type::Directory:
    return "a directory name";
  case Type::Other:
  case Type::X400:
  case Type::Edi:
  case Type::RegisteredId:
    return "a name of another kind";
  }
  return "";
}

std::string key_words(tls::Bytes spki) {
  const auto key = tls::PublicKey::import(spki);
  if (!key)
    return "of an unknown kind";
  switch (key->kind) {
  case tls::PublicKey::Kind::Rsa:
    return fmt::format("RSA, {} bits", key->bits);
  case tls::PublicKey::Kind::EllipticCurve:
    return fmt::format("elliptic curve, {} bits", key->bits);
  case tls::PublicKey::Kind::PostQuantum:
    return fmt::format("post-quantum, {} bits", key->bits);
  }
  return "";
}

std::string hash_words(const Result<tls::Sha256>& hash) {
  return hash ? policy::pin_text(*hash) : "";
}

std::int64_t us_of(std::time_t time) {
  constexpr std::int64_t us_of_second = 1'000'000;
  return static_cast<std::int64_t>(time) * us_of_second;
}

void read_contents(const tls::ParsedCertificate& parsed, CertificateWords& out) {
  out.serial = hex_text(parsed.serial);
  out.not_before_us = us_of(parsed.not_before);
  out.not_after_us = us_of(parsed.not_after);
  for (const auto& name : parsed.alternative_names) {
    if (out.names.size() == max_names) {
      out.names.emplace_back("...");
      break;
    }
    out.names.push_back(name_words(name));
  }
  out.key = key_words(parsed.spki);
  out.authority = parsed.is_authority();
}

// Three bytes in four characters (RFC 4648, section 4).
std::string base64(const tls::Der& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) {
      return j < bytes.size() ? std::to_integer<std::uint32_t>(bytes[j]) : 0U;
    };
    const std::uint32_t group = at(i) << 16U | at(i + 1) << 8U | at(i + 2);
    out += digits[group >> 18U];
    out += digits[group >> 12U & 63U];
    out += i + 1 < bytes.size() ? digits[group >> 6U & 63U] : '=';
    out += i + 2 < bytes.size() ? digits[group & 63U] : '=';
  }
  return out;
}

} // namespace

CertificateWords words_of(const tls::Der& certificate) {
  CertificateWords out;
  out.sha256 = hash_words(tls::sha256(certificate));
  const auto names = tls::names_of(certificate, max_words);
  const auto parsed = tls::ParsedCertificate::parse(certificate);
  if (!names || !parsed)
    return out;
  out.readable = true;
  out.subject = names->subject;
  out.issuer = names->issuer;
  out.spki_sha256 = hash_words(tls::spki_sha256(certificate));
  out.self_signed = tls::is_self_signed(certificate);
  read_contents(*parsed, out);
  return out;
}

std::string place_in_chain(const std::vector<CertificateWords>& chain, std::size_t number) {
  const auto& certificate = chain.at(number);
  if (!certificate.readable)
    return "cannot be read";
  std::string out = number == 0 ? "the peer's own" : "an authority above it";
  if (number > 0 && !certificate.authority)
    out = "no authority, though it is sent as one";
  if (certificate.self_signed)
    out += ", signed by itself";
  else if (number + 1 < chain.size() && chain[number + 1].subject == certificate.issuer)
    out += ", issued by the next one";
  else
    out += ", issued by one that was not sent";
  return out;
}

Json certificate_json(const CertificateWords& certificate) {
  Json names = Json::array();
  for (const auto& name : certificate.names)
    names.push_back(name);
  const auto time = [](std::int64_t us) {
    return us == 0 ? Json() : Json(utc_text(wall_time(us)));
  };
  return {{"subject", or_null(certificate.subject)},
          {"issuer", or_null(certificate.issuer)},
          {"serial", or_null(certificate.serial)},
          {"not_before", time(certificate.not_before_us)},
          {"not_after", time(certificate.not_after_us)},
          {"names", names},
          {"key", or_null(certificate.key)},
          {"sha256", or_null(certificate.sha256)},
          {"spki_sha256", or_null(certificate.spki_sha256)},
          {"authority", certificate.authority},
          {"self_signed", certificate.self_signed}};
}

std::string pem_text(const tls::Der& certificate) {
  constexpr std::size_t line = 64;
  const auto text = base64(certificate);
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t i = 0; i < text.size(); i += line)
    out += text.substr(i, line) + "\n";
  return out + "-----END CERTIFICATE-----\n";
}

} // namespace ktls::command
