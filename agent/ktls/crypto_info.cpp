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

template<Direction direction>
Result<Secret> lay_out(const TrafficKeys<direction>& keys) {
  const CipherFacts& sizes = facts(keys.cipher());
  const tls_crypto_info info{TLS_1_3_VERSION, sizes.kernel_type};
  Secret bytes =
      TRY(Secret::create(sizeof(info) + tls13_iv_size + sizes.key_size + record_sequence_size));
  auto end = bytes.bytes().begin();
  const auto append = [&end](std::span<const std::byte> part) {
    end = std::ranges::copy(part, end).out;
  };
  append(std::as_bytes(std::span(&info, 1)));
  append(keys.iv().subspan(sizes.salt_size));
  append(keys.key());
  append(keys.iv().first(sizes.salt_size));
  append(keys.record_sequence());
  return bytes;
}

} // namespace

Result<CryptoInfo> CryptoInfo::tls13(const TransmitKeys& keys) {
  Secret bytes = TRY(lay_out(keys));
  return CryptoInfo(std::move(bytes));
}

Result<CryptoInfo> CryptoInfo::tls13(const ReceiveKeys& keys) {
  Secret bytes = TRY(lay_out(keys));
  return CryptoInfo(std::move(bytes));
}

} // namespace ktls
