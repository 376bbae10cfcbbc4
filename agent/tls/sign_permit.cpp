// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/sign_permit.hpp"

#include <gnutls/crypto.h>

#include <algorithm>
#include <cstddef>

#include "tls/gnutls_error.hpp"

namespace ktls::tls {
namespace {

using Mac = decltype(ipc::SignPermit::mac);

Result<Mac> mac_of(const ipc::SignPermit& permit, const Secret& secret) {
  constexpr std::size_t covered = offsetof(ipc::SignPermit, mac);
  static_assert(covered + sizeof(Mac) == sizeof permit &&
                    covered == 3 * sizeof(std::uint64_t) + sizeof permit.keys,
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
  if (key_id == 0 || std::ranges::find(permit.keys, key_id) == permit.keys.end())
    return Verdict::OtherKey;
  const auto time = static_cast<std::uint64_t>(now.count());
  if (permit.expires_ns <= time)
    return Verdict::Expired;
  move_on_to(permit.handshake);
  if (newest_ - permit.handshake >= remembered)
    return Verdict::TooOld;
  auto used = used_.at(permit.handshake % remembered);
  if (used)
    return Verdict::Used;
  used = true;
  return Verdict::Granted;
}

// What is forgotten had its chance.
void PermitBook::move_on_to(std::uint64_t handshake) {
  if (handshake <= newest_)
    return;
  const auto first =
      std::max(newest_ + 1, handshake >= remembered ? handshake - remembered + 1 : 0);
  for (std::uint64_t i = first; i <= handshake; ++i)
    used_.at(i % remembered) = false;
  newest_ = handshake;
}

bool is_misuse(PermitBook::Verdict verdict) {
  switch (verdict) {
  case PermitBook::Verdict::Granted:
  case PermitBook::Verdict::Expired:
  case PermitBook::Verdict::TooOld:
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
  case PermitBook::Verdict::TooOld:
    return "the handshake is too many handshakes ago";
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
