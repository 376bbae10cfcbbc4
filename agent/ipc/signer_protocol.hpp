// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of the signer: with the broker on one channel, with each worker on one of its own.
//
//   broker                   signer                      worker
//     SignerConfigure     →                                          once, first
//     LoadKey             →                                          once for each key
//                         ←  KeyLoaded | KeyRefused
//     AttachWorker + fd   →                                          the fd is the worker's channel
//                            SignReply  →  ←  SignRequest
//                         ←  WorkerCutOff
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "ipc/sign_permit.hpp"
#include "wire.hpp"

namespace ktls::ipc {

using wire::Header;
using wire::Text;

// Signers for keys in files, and signers for the key in one token each.
inline constexpr std::size_t max_token_signers = 16;
inline constexpr std::size_t max_signers = max_token_signers + 1;

struct SignerConfigure {
  static constexpr std::uint16_t type = 207;
  Header header;
  std::uint32_t token; // 1: its key is in a token; 0: its keys are in files
  std::uint32_t reserved;
  std::array<std::uint8_t, 32> permit_secret;
  [[nodiscard]] bool valid() const { return token <= 1 && reserved == 0; }
};

struct LoadKey {
  static constexpr std::uint16_t type = 201;
  Header header;
  std::uint32_t key_id; // above 0
  std::uint32_t reserved;
  Text<4096> source; // a path, or the URL of a key in a token, which may hold a PIN
  [[nodiscard]] bool valid() const {
    return key_id > 0 && reserved == 0 && source.valid() && !source.view().empty();
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
  std::uint64_t serial; // of this worker, above 0, and of no other
  [[nodiscard]] bool valid() const { return serial > 0; }
};

// That worker asked for what it may not have. The signer has closed its channel.
struct WorkerCutOff {
  static constexpr std::uint16_t type = 208;
  Header header;
  std::uint64_t serial;
  Text<128> detail;
  [[nodiscard]] bool valid() const { return serial > 0 && detail.valid(); }
};

// From the broker, and back as it is: the signer still runs.
struct SignerPing {
  static constexpr std::uint16_t type = 209;
  Header header;
  [[nodiscard]] bool valid() const { return true; }
};

struct SignRequest {
  static constexpr std::uint16_t type = 205;
  // What is signed: for signature algorithms that hash for themselves (EdDSA) the content itself,
  // for the others its digest. The longest content is that of a ServerKeyExchange of TLS 1.2: two
  // random values, four bytes, and a point of P-521.
  static constexpr std::size_t max_data = 2 * 32 + 4 + 133;
  Header header;
  std::uint64_t number;
  std::uint32_t key_id;
  std::uint16_t scheme; // RFC 8446, section 4.2.3: SignatureScheme
  std::uint16_t size;   // of data, 1 to max_data; the bytes behind it are zero
  SignPermit permit;
  std::array<std::uint8_t, 208> data;
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
