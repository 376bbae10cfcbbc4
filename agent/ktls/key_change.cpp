// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/key_change.hpp"

#include <linux/tls.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "ktls/crypto_info.hpp"

namespace ktls {
namespace {

int option_of(Direction direction) {
  return direction == Direction::Transmit ? TLS_TX : TLS_RX;
}

std::optional<Suite> suite_of(const tls_crypto_info& info) {
  const auto row = std::ranges::find(cipher_table, info.cipher_type, &CipherFacts::kernel_type);
  if (row == cipher_table.end())
    return std::nullopt;
  switch (info.version) {
  case TLS_1_2_VERSION:
    return Suite{Protocol::Tls12, row->cipher};
  case TLS_1_3_VERSION:
    return Suite{Protocol::Tls13, row->cipher};
  default:
    return std::nullopt;
  }
}

template<class Keys>
Result<> replace(KtlsSocket& socket, int option, const Keys& keys) {
  const CryptoInfo info = TRY(CryptoInfo::of(keys));
  if (const int error = socket.set_option(SOL_TLS, option, info.bytes()); error != 0)
    return errno_error("giving the kernel other keys", error);
  return {};
}

} // namespace

Result<KeyInUse> key_in_use(KtlsSocket& socket, Direction direction) {
  const int option = option_of(direction);
  constexpr const char* what = "asking the kernel for its key";
  tls_crypto_info head{};
  if (const int error =
          socket.get_option(SOL_TLS, option, std::as_writable_bytes(std::span(&head, 1)));
      error != 0)
    return errno_error(what, error);
  const auto suite = suite_of(head);
  if (!suite)
    return invalid("the socket has a cipher that is none of ours");
  const CipherFacts& sizes = facts(suite->cipher);
  Secret all =
      TRY(Secret::create(sizeof head + nonce_size + sizes.key_size + record_sequence_size));
  if (const int error = socket.get_option(SOL_TLS, option, all.bytes()); error != 0)
    return errno_error(what, error);
  Secret key = TRY(Secret::create(sizes.key_size));
  std::ranges::copy(all.bytes().subspan(sizeof head + sizes.iv_size, sizes.key_size),
                    key.bytes().begin());
  return KeyInUse{*suite, std::move(key)};
}

Result<> change(KtlsSocket& socket, const TransmitKeys& keys) {
  return replace(socket, TLS_TX, keys);
}

Result<> change(KtlsSocket& socket, const ReceiveKeys& keys) {
  return replace(socket, TLS_RX, keys);
}

} // namespace ktls
