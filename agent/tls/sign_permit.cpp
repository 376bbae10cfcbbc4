// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/sign_permit.hpp"

#include <gnutls/crypto.h>

#include <cstddef>

#include "tls/gnutls_error.hpp"

namespace ktls::tls {
namespace {

using Mac = decltype(ipc::SignPermit::mac);

Result<Mac> mac_of(const ipc::SignPermit& permit, const Secret& secret) {
  constexpr std::size_t covered = offsetof(ipc::SignPermit, mac);
  static_assert(covered + sizeof(Mac) == sizeof permit && covered == 4 * sizeof(std::uint64_t),
                "no byte is left out");
  Mac mac{};
  const auto key = secret.bytes();
  const int status =
      gnutls_hmac_fast(GNUTLS_MAC_SHA256, key.data(), key.size(), &permit, covered, mac.data());
  if (status < 0)
    return gnutls_error("authenticating a sign permit", status);
  return mac;
}

} // namespace

Result<Secret> make_permit_secret() {
  auto secret = TRY(Secret::create(permit_secret_size));
  const int status = gnutls_rnd(GNUTLS_RND_KEY, secret.bytes().data(), permit_secret_size);
  if (status < 0)
    return gnutls_error("making the secret for sign permits", status);
  return secret;
}

Result<> seal(ipc::SignPermit& permit, const Secret& secret) {
  permit.mac = TRY(mac_of(permit, secret));
  return {};
}

PermitBook::Verdict PermitBook::use(const ipc::SignPermit& permit, std::uint64_t worker,
                                    std::uint32_t key_id, std::chrono::nanoseconds now) {
  const auto mac = mac_of(permit, secret_);
  if (!mac || gnutls_memcmp(mac->data(), permit.mac.data(), mac->size()) != 0)
    return Verdict::Forged;
  if (permit.worker != worker)
    return Verdict::OtherWorker;
  if (key_id < permit.first_key || key_id - permit.first_key >= permit.key_count)
    return Verdict::OtherKey;
  const auto time = static_cast<std::uint64_t>(now.count());
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= time) {
    used_.erase(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
  }
  if (permit.expires_ns <= time)
    return Verdict::Expired;
  if (used_.contains(permit.handshake))
    return Verdict::Used;
  if (used_.size() >= max_remembered)
    return Verdict::TooMany;
  used_.insert(permit.handshake);
  by_expiry_.emplace(permit.expires_ns, permit.handshake);
  return Verdict::Granted;
}

bool is_misuse(PermitBook::Verdict verdict) {
  switch (verdict) {
  case PermitBook::Verdict::Granted:
  case PermitBook::Verdict::Expired:
  case PermitBook::Verdict::TooMany:
    return false;
  case PermitBook::Verdict::Forged:
  case PermitBook::Verdict::OtherWorker:
  case PermitBook::Verdict::OtherKey:
  case PermitBook::Verdict::Used:
    return true;
  }
  return true;
}

std::string_view describe(PermitBook::Verdict verdict) {
  switch (verdict) {
  case PermitBook::Verdict::Granted:
    return "granted";
  case PermitBook::Verdict::Expired:
    return "the handshake's time is over";
  case PermitBook::Verdict::TooMany:
    return "too many signatures in too short a time";
  case PermitBook::Verdict::Forged:
    return "a permit that the broker did not make";
  case PermitBook::Verdict::OtherWorker:
    return "the permit of another worker";
  case PermitBook::Verdict::OtherKey:
    return "a key that the handshake is not for";
  case PermitBook::Verdict::Used:
    return "a second signature for one handshake";
  }
  return "unknown";
}

} // namespace ktls::tls
