// SPDX-License-Identifier: GPL-2.0-or-later
// Making and checking sign permits: a worker that was taken over gets one signature for each
// handshake that it was given, for that handshake's keys, while it lasts; and no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ipc/sign_permit.hpp"

namespace ktls::tls {

inline constexpr std::size_t permit_secret_size = 32;

// Of the size above; shared by broker and signers.
[[nodiscard]] Result<Secret> make_permit_secret();

// Fills in the MAC over all else.
[[nodiscard]] Result<> seal(ipc::SignPermit& permit, const Secret& secret);

// The signer's side.
class PermitBook {
public:
  enum class Verdict { Granted, Expired, TooMany, Forged, OtherWorker, OtherKey, Used };
  // Handshakes that had their signature and whose permit has not expired: what a signer makes in
  // 10 s at 25,000 a second.
  static constexpr std::size_t max_remembered = 256UL * 1024;

  explicit PermitBook(Secret secret) : secret_(std::move(secret)) {}

  // Granted once for each handshake.
  [[nodiscard]] Verdict use(const ipc::SignPermit& permit, std::uint64_t worker,
                            std::uint32_t key_id, std::chrono::nanoseconds now);

private:
  Secret secret_;
  std::unordered_set<std::uint64_t> used_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_expiry_; // when, handshake
};

// An honest worker is never told this. It may be late, as its message may have waited.
[[nodiscard]] bool is_misuse(PermitBook::Verdict verdict);
[[nodiscard]] std::string_view describe(PermitBook::Verdict verdict);

} // namespace ktls::tls
