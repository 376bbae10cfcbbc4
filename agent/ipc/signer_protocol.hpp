// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of the signer: with the broker on one channel, with each worker on one of its own.
//
//   broker                   signer                      worker
//     LoadKey             →                                          once for each key
//                         ←  KeyLoaded | KeyRefused
//     AttachWorker + fd   →                                          the fd is the worker's channel
//                            SignReply  →  ←  SignRequest
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "wire.hpp"

namespace ktls::ipc {

using wire::Header;
using wire::Text;

struct LoadKey {
  static constexpr std::uint16_t type = 201;
  Header header;
  std::uint32_t key_id; // above 0
  std::uint32_t reserved;
  Text<4096> path;
  [[nodiscard]] bool valid() const {
    return key_id > 0 && reserved == 0 && path.valid() && !path.view().empty();
  }
};

struct KeyLoaded {
  static constexpr std::uint16_t type = 202;
  Header header;
  std::uint32_t key_id;
  std::uint32_t reserved;
  std::array<std::uint8_t, 32> spki_sha256; // of the DER SubjectPublicKeyInfo
  [[nodiscard]] bool valid() const { return key_id > 0 && reserved == 0; }
};

struct KeyRefused {
  static constexpr std::uint16_t type = 203;
  Header header;
  std::uint32_t key_id;
  std::uint32_t reserved;
  Text<512> detail;
  [[nodiscard]] bool valid() const { return key_id > 0 && reserved == 0 && detail.valid(); }
};

struct AttachWorker {
  static constexpr std::uint16_t type = 204;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

struct SignRequest {
  static constexpr std::uint16_t type = 205;
  // RFC 8446, section 4.4.3: 64 spaces, a context string of 33 bytes, a zero and a hash. Signature
  // algorithms that hash for themselves (EdDSA) get these bytes, the others their digest.
  static constexpr std::size_t max_data = 64 + 33 + 1 + 64;
  Header header;
  std::uint64_t number;
  std::uint32_t key_id;
  std::uint16_t scheme; // RFC 8446, section 4.2.3: SignatureScheme
  std::uint16_t size;   // of data, 1 to max_data; the bytes behind it are zero
  std::array<std::uint8_t, 168> data;
  [[nodiscard]] bool valid() const {
    return key_id > 0 && size > 0 && size <= max_data &&
           std::all_of(data.begin() + size, data.end(),
                       [](std::uint8_t byte) { return byte == 0; });
  }
};

struct SignReply {
  static constexpr std::uint16_t type = 206;
  static constexpr std::size_t max_signature = 1024; // RSA of 8192 bits
  Header header;
  std::uint64_t number; // of the request
  std::uint32_t size;   // 0: not signed; the signer's log says why
  std::uint32_t reserved;
  std::array<std::uint8_t, max_signature> signature;
  [[nodiscard]] bool valid() const { return size <= max_signature && reserved == 0; }
};

} // namespace ktls::ipc
