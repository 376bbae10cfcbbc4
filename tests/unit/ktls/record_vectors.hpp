// SPDX-License-Identifier: GPL-2.0-or-later
// Traffic keys of TLS 1.2 and 1.3, and a record sealed under each, made by other implementations
// than the kernel.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "ktls/cipher.hpp"

namespace ktls::test {

struct RecordVector {
  Suite suite;
  std::string_view key;
  std::string_view iv;
  std::string_view sequence;
  std::string_view text;
  std::string_view record;   // application data, `text` sealed with number `sequence`
  std::uint16_t kernel_type; // TLS_CIPHER_* of linux/tls.h
  std::uint16_t version;
  std::string_view crypto_info; // behind version and type: iv, key, salt, rec_seq
};

// TLS 1.3, AES-128-GCM: RFC 8448, section 3, the client's first application data; key and iv are
// those of its client_application_traffic_secret_0. The others: key and iv by OpenSSL 3.0.22,
//   openssl kdf -keylen LEN -kdfopt digest:HASH -kdfopt mode:EXPAND_ONLY -kdfopt hexkey:SECRET
//     -kdfopt 'prefix:tls13 ' -kdfopt label:(key|iv) TLS13-KDF
// from the secret 000102...1f (SHA256) or 000102...2f (SHA384), and the same by the HKDF of
// python3-cryptography; records sealed by OpenSSL 4.0.0 through the AEADs of python3-cryptography,
// nonce and additional data as RFC 8446, section 5.2 and 5.3, say.
// TLS 1.2: keys made up; records sealed in the same way, nonce and additional data as RFC 5246,
// section 6.2.3.3, RFC 5288, RFC 6655 and RFC 7905 say, the explicit nonce being the number.
inline constexpr std::array<RecordVector, 8> record_vectors{{
    {{Protocol::Tls13, Cipher::Aes128Gcm},
     "17422dda596ed5d9acd890e3c63f5051",
     "5b78923dee08579033e523d9",
     "0000000000000000",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f3031",
     "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a"
     "20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
     51,
     0x0304,
     "ee08579033e523d917422dda596ed5d9acd890e3c63f50515b78923d0000000000000000"},
    {{Protocol::Tls13, Cipher::Aes256Gcm},
     "6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225",
     "42822531a0fe88648fc09e9f",
     "0000000001020304",
     "7365616c6564206279204f70656e53534c",
     "1703030022430f06e5a036d8b12c005cb03424c1d68fe40e0d082b8cd554a7efe694c3a5ba88b1",
     52,
     0x0304,
     "a0fe88648fc09e9f6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225"
     "428225310000000001020304"},
    {{Protocol::Tls13, Cipher::Aes128Ccm},
     "9c9783cf77ea32d44f369da41f19f3cc",
     "2f41c846a431a163814bcd71",
     "0000000001020304",
     "7365616c6564206279204f70656e53534c",
     "170303002259b46c22194e1970830157051b84582701642ac4c06015f7692227ad9dc861ed137d",
     53,
     0x0304,
     "a431a163814bcd719c9783cf77ea32d44f369da41f19f3cc2f41c8460000000001020304"},
    {{Protocol::Tls13, Cipher::Chacha20Poly1305},
     "2ffbc449e87844051c7768f61ffd8ad070830f01ec2c520ef65f08e8296dffa0",
     "2f41c846a431a163814bcd71",
     "0000000001020304",
     "7365616c6564206279204f70656e53534c",
     "1703030022b3277c682a4f1e617d98105a8a6305c39c60f24d0a4a1671243e8c779819f7eef61e",
     54,
     0x0304,
     "2f41c846a431a163814bcd712ffbc449e87844051c7768f61ffd8ad070830f01ec2c520ef65f08e8296dffa0"
     "0000000001020304"},
    {{Protocol::Tls12, Cipher::Aes128Gcm},
     "202122232425262728292a2b2c2d2e2f",
     "a0a1a2a3",
     "0000000001020304",
     "7365616c6564206279204f70656e5353",
     "17030300280000000001020304673df025a4354a98a7afb7a67a6538b87b708d155b68fa028880bc830dfe6af8",
     51,
     0x0303,
     "0000000001020304202122232425262728292a2b2c2d2e2fa0a1a2a30000000001020304"},
    {{Protocol::Tls12, Cipher::Aes256Gcm},
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
     "a0a1a2a3",
     "0000000001020304",
     "7365616c6564206279204f70656e5353",
     "17030300280000000001020304d903694c4eabbb8bacbbf9357ec0a5a25f5e31f76b5b26e951aa05c9d2eb1991",
     52,
     0x0303,
     "0000000001020304202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3fa0a1a2a300000"
     "00001020304"},
    {{Protocol::Tls12, Cipher::Aes128Ccm},
     "202122232425262728292a2b2c2d2e2f",
     "a0a1a2a3",
     "0000000001020304",
     "7365616c6564206279204f70656e5353",
     "1703030028000000000102030470b7568cd2ff25f3f5e350a8c7e10e86fff1d687d9f54218dc00238b8c11644a",
     53,
     0x0303,
     "0000000001020304202122232425262728292a2b2c2d2e2fa0a1a2a30000000001020304"},
    {{Protocol::Tls12, Cipher::Chacha20Poly1305},
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
     "a0a1a2a3a4a5a6a7a8a9aaab",
     "0000000001020304",
     "7365616c6564206279204f70656e5353",
     "1703030020d2616dc11271d533f79592403738e288b38a0c255cebdb360452dea4c707600a",
     54,
     0x0303,
     "a0a1a2a3a4a5a6a7a8a9aaab202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f00000"
     "00001020304"},
}};

inline std::vector<std::byte> hex(std::string_view digits) {
  constexpr std::string_view alphabet = "0123456789abcdef";
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(
        static_cast<std::byte>(alphabet.find(digits[i]) * 16 + alphabet.find(digits[i + 1])));
  return out;
}

// For the names of parameterised tests.
inline void PrintTo(const RecordVector& vector, std::ostream* out) {
  *out << name_of(vector.suite.protocol) << ' ' << facts(vector.suite.cipher).name;
}

// The number that it begins with.
inline std::uint64_t number_of(const RecordVector& vector) {
  return std::stoull(std::string(vector.sequence), nullptr, 16);
}

// The keys of `vector`; `Keys` is TransmitKeys or ReceiveKeys.
template<class Keys>
Keys keys_of(const RecordVector& vector) {
  return Keys::create(vector.suite, hex(vector.key), hex(vector.iv), hex(vector.sequence)).value();
}

} // namespace ktls::test
