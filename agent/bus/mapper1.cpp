// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/mapper1.hpp"

#include <fmt/format.h>

#include <array>

namespace ktls::bus {
namespace {

constexpr std::string_view error_prefix = "org.ktlsctl.Mapper1.Error.";

constexpr std::array refusals{
    Refusal::NotMapped,   Refusal::Denied,      Refusal::Ambiguous, Refusal::UserUnknown,
    Refusal::UserRevoked, Refusal::Unavailable, Refusal::Busy,      Refusal::CertificateInvalid,
};

} // namespace

std::string_view name_of(AccountState state) {
  switch (state) {
  case AccountState::Unknown:
    return "unknown";
  case AccountState::Active:
    return "active";
  case AccountState::NoUser:
    return "no-user";
  case AccountState::Locked:
    return "locked";
  case AccountState::Expired:
    return "expired";
  case AccountState::NotYetValid:
    return "not-yet-valid";
  case AccountState::Denied:
    return "denied";
  case AccountState::Unavailable:
    return "unavailable";
  }
  return "unknown";
}

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
  case Refusal::NotMapped:
    return "NotMapped";
  case Refusal::Denied:
    return "Denied";
  case Refusal::Ambiguous:
    return "Ambiguous";
  case Refusal::UserUnknown:
    return "UserUnknown";
  case Refusal::UserRevoked:
    return "UserRevoked";
  case Refusal::Unavailable:
    return "Unavailable";
  case Refusal::Busy:
    return "Busy";
  case Refusal::CertificateInvalid:
    return "CertificateInvalid";
  }
  return "Unavailable";
}

std::string error_name(Refusal refusal) {
  return std::string(error_prefix).append(name_of(refusal));
}

std::optional<Refusal> refusal_of(std::string_view name) {
  if (!name.starts_with(error_prefix))
    return std::nullopt;
  name.remove_prefix(error_prefix.size());
  for (const Refusal refusal : refusals) {
    if (name == name_of(refusal))
      return refusal;
  }
  return std::nullopt;
}

std::optional<Refused> unfit(const Chain& chain) {
  const auto bad = [](std::string text) {
    return Refused{Refusal::CertificateInvalid, std::move(text)};
  };
  if (chain.empty())
    return bad("the chain is empty");
  if (chain.size() > max_chain)
    return bad(fmt::format("the chain has more than {} certificates", max_chain));
  for (const auto& certificate : chain) {
    if (certificate.empty())
      return bad("a certificate of the chain is empty");
    if (certificate.size() > max_certificate)
      return bad(fmt::format("a certificate of the chain has more than {} bytes", max_certificate));
  }
  return std::nullopt;
}

} // namespace ktls::bus
