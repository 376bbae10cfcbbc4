// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/pin.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

// Of `printf abc | openssl dgst -sha256`, in the formats that OpenSSL has.
constexpr const char* pin_hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* colons = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
                               "B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
constexpr const char* base64 = "sha256//ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

TEST(Pin, IsReadInEachForm) {
  const auto pin = parse_pin(pin_hex);

  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->front(), 0xba);
  EXPECT_EQ(pin->back(), 0xad);
  EXPECT_EQ(parse_pin(colons), pin);
  EXPECT_EQ(parse_pin(base64), pin);
  EXPECT_EQ(pin_text(*pin), pin_hex);
}

TEST(Pin, IsNothingElse) {
  const std::string text = pin_hex;
  const std::string long_form = colons;
  const std::string curl = base64;
  for (const std::string& wrong :
       {std::string(), text + "0", text.substr(1), "g" + text.substr(1), long_form + ":",
        long_form.substr(3), ":" + long_form, std::string(64, ':'), curl.substr(0, curl.size() - 1),
        curl + "=", "sha1//" + curl.substr(8), std::string("sha256//"), curl.substr(8),
        curl.substr(0, curl.size() - 2) + "1=" /* bits left over */})
    EXPECT_FALSE(parse_pin(wrong)) << wrong;
}

} // namespace
} // namespace ktls::policy
