// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/crypto_info.hpp"

#include <algorithm>
#include <cstddef>

namespace ktls {
namespace {

// All these structures are {info, iv, key, salt, rec_seq} without padding; only the sizes differ.
template<class Info>
constexpr bool fits(Cipher cipher) {
  const CipherFacts& sizes = facts(cipher);
  return offsetof(Info, iv) == sizeof(tls_crypto_info) && sizeof(Info::iv) == sizes.iv_size &&
         offsetof(Info, key) == offsetof(Info, iv) + sizes.iv_size &&
         sizeof(Info::key) == sizes.key_size &&
         offsetof(Info, salt) == offsetof(Info, key) + sizes.key_size &&
         offsetof(Info, rec_seq) == offsetof(Info, salt) + sizes.salt_size &&
         sizeof(Info) == offsetof(Info, rec_seq) + record_sequence_size;
}
static_assert(fits<tls12_crypto_info_aes_gcm_128>(Cipher::Aes128Gcm));
static_assert(fits<tls12_crypto_info_aes_gcm_256>(Cipher::Aes256Gcm));
static_assert(fits<tls12_crypto_info_aes_ccm_128>(Cipher::Aes128Ccm));
static_assert(fits<tls12_crypto_info_chacha20_poly1305>(Cipher::Chacha20Poly1305));

// The kernel takes the nonce as salt and iv. Where a record carries its own part of the nonce (AES
// of TLS 1.2), iv is that part for the next record, and the kernel counts it up: "each value of the
// nonce_explicit MUST be distinct for each distinct invocation of the GCM encrypt function for any
// fixed key" (RFC 5288, section 3). GnuTLS used the sequence number for the records before, and so
// does this.
template<Direction direction>
Result<Secret> lay_out(const TrafficKeys<direction>& keys) {
  const Suite suite = keys.suite();
  const CipherFacts& sizes = facts(suite.cipher);
  const tls_crypto_info info{static_cast<std::uint16_t>(suite.protocol == Protocol::Tls12
                                                            ? TLS_1_2_VERSION
                                                            : TLS_1_3_VERSION),
                             sizes.kernel_type};
  const bool explicit_nonce = iv_size(suite) < nonce_size;
  Secret bytes =
      TRY(Secret::create(sizeof(info) + nonce_size + sizes.key_size + record_sequence_size));
  auto end = bytes.bytes().begin();
  const auto append = [&end](std::span<const std::byte> part) {
    end = std::ranges::copy(part, end).out;
  };
  append(std::as_bytes(std::span(&info, 1)));
  append(explicit_nonce ? keys.record_sequence() : keys.iv().subspan(sizes.salt_size));
  append(keys.key());
  append(keys.iv().first(sizes.salt_size));
  append(keys.record_sequence());
  return bytes;
}

} // namespace

Result<CryptoInfo> CryptoInfo::of(const TransmitKeys& keys) {
  Secret bytes = TRY(lay_out(keys));
  return CryptoInfo(std::move(bytes));
}

Result<CryptoInfo> CryptoInfo::of(const ReceiveKeys& keys) {
  Secret bytes = TRY(lay_out(keys));
  return CryptoInfo(std::move(bytes));
}

} // namespace ktls
