// SPDX-License-Identifier: GPL-2.0-or-later
// Making and checking sign permits: a worker that was taken over gets one signature for each
// handshake that it was given, for that handshake's keys, while it lasts; and no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "ipc/sign_permit.hpp"

namespace ktls::tls {

inline constexpr std::size_t permit_secret_size = 32;

// Of the size above; shared by broker and signers.
[[nodiscard]] Result<Secret> make_permit_secret();

// Fills in the MAC over all else.
[[nodiscard]] Result<> seal(ipc::SignPermit& permit, const Secret& secret);

// The signer's side. The broker numbers handshakes in sequence, so that one bit for each of the
// last ones says whether it had its signature.
class PermitBook {
public:
  enum class Verdict { Granted, Expired, TooOld, Forged, OtherWorker, OtherKey, Used };
  // Handshakes that are remembered; older ones get no signature. Enough for 600 s, the longest time
  // limit, at 13,000 handshakes a second; takes 1 MiB.
  static constexpr std::uint64_t remembered = 8UL * 1024 * 1024;

  explicit PermitBook(Secret secret) : secret_(std::move(secret)), used_(remembered) {}

  // Granted once for each handshake.
  [[nodiscard]] Verdict use(const ipc::SignPermit& permit, std::uint64_t worker,
                            std::uint32_t key_id, std::chrono::nanoseconds now);

private:
  void move_on_to(std::uint64_t handshake);

  Secret secret_;
  std::vector<bool> used_; // by the handshake's number, modulo its size
  std::uint64_t newest_ = 0;
};

// An honest worker is never told this. It may be late, as its message may have waited.
[[nodiscard]] bool is_misuse(PermitBook::Verdict verdict);
[[nodiscard]] std::string_view describe(PermitBook::Verdict verdict);

} // namespace ktls::tls
