// SPDX-License-Identifier: GPL-2.0-or-later
// What a session tells of its handshake, where somebody wants to know it.
#include <fmt/format.h>

#include "base/text.hpp"
#include "tls/certificate.hpp"
#include "tls/hello_text.hpp"
#include "tls/session_parts.hpp"
#include "wire.hpp"

namespace ktls::tls {
namespace {

constexpr std::size_t max_told_name = 512;

std::string certificate_text(std::size_t place, std::span<const std::byte> der) {
  const auto names = names_of(der, max_told_name);
  if (!names)
    return fmt::format("{}: {} bytes that are no certificate", place, der.size());
  return fmt::format("{}: subject \"{}\", issuer \"{}\"", place,
                     escape(names->subject, max_told_name), escape(names->issuer, max_told_name));
}

} // namespace

void Session::Parts::tell_message(unsigned type, bool sent, std::span<const std::byte> message) {
  auto* watch = parameters.watch;
  if (watch == nullptr)
    return;
  watch->on_message(type, sent);
  if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
    watch->on_step(ipc::StepKind::Offer, offer_text(message));
  else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO)
    watch->on_step(ipc::StepKind::Choice, choice_text(message));
}

void Session::Parts::tell_verdict() {
  auto* watch = parameters.watch;
  if (watch == nullptr)
    return;
  if (const auto chain = presented_chain(); !chain_told) {
    chain_told = true;
    for (std::size_t i = 0; i < chain.size() && i < wire::max_certificates; ++i)
      watch->on_step(ipc::StepKind::Certificate, certificate_text(i, chain[i]));
  }
  watch->on_step(ipc::StepKind::Verdict,
                 fmt::format("{}{}{}", facts(verdict.reason).name,
                             verdict.detail.empty() ? "" : ": " + escape(verdict.detail),
                             verdict.authenticated ? ", validated" : ", not validated"));
}

} // namespace ktls::tls
