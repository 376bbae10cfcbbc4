// SPDX-License-Identifier: GPL-2.0-or-later
// DerReader: the distinguished encoding rules (X.690) as far as certificates and lists of revoked
// ones use them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string_view>

namespace ktls::tls {

using Bytes = std::span<const std::byte>;

namespace der_tag {
inline constexpr std::uint8_t boolean = 0x01, integer = 0x02, bit_string = 0x03,
                              octet_string = 0x04, oid = 0x06, enumerated = 0x0a, utc_time = 0x17,
                              generalized_time = 0x18, sequence = 0x30, set = 0x31;
constexpr std::uint8_t context(unsigned number) {
  return static_cast<std::uint8_t>(0x80U | number);
}
constexpr std::uint8_t constructed(unsigned number) {
  return static_cast<std::uint8_t>(0xa0U | number);
}
} // namespace der_tag

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool same(Bytes a, Bytes b) {
  return std::ranges::equal(a, b);
}

struct DerElement {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole; // with tag and length
};

// Views into what it was given. Once something was not there, all further reads give nothing and
// ok() is false. Tags of one byte, and lengths in their shortest form, are all there is.
class DerReader {
public:
  explicit DerReader(Bytes bytes) : left_(bytes) {}

  DerElement next();
  // The content of the next one, which has this tag.
  Bytes take(std::uint8_t tag) { return whole(tag).content; }
  DerElement whole(std::uint8_t tag);
  // Likewise, if it is there.
  std::optional<Bytes> take_if(std::uint8_t tag);
  // Default: false.
  bool boolean_if();
  // UTCTime or GeneralizedTime, as RFC 5280, section 4.1.2.5, has them.
  std::time_t time();
  [[nodiscard]] bool next_is(std::uint8_t tag) const {
    return !left_.empty() && std::to_integer<std::uint8_t>(left_.front()) == tag;
  }

  void fail() {
    ok_ = false;
    left_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }
  [[nodiscard]] bool done() const { return ok_ && left_.empty(); }

private:
  Bytes left_;
  bool ok_ = true;
};

// The content of an INTEGER that is not negative and fits; none for another.
std::optional<std::uint32_t> small_number(Bytes content);
// A BIT STRING of whole bytes, without the number of unused bits. None for another.
std::optional<Bytes> whole_bytes(Bytes bit_string);

} // namespace ktls::tls
