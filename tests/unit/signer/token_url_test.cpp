// SPDX-License-Identifier: GPL-2.0-or-later
#include "signer/token_url.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace ktls {
namespace {

std::string text(const Secret& secret) {
  const auto bytes = secret.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Secret secret(std::string_view content) {
  auto out = Secret::create(content.size()).value();
  std::memcpy(out.bytes().data(), content.data(), content.size());
  return out;
}

TEST(TokenUrl, IsTheKeyAlone) {
  const auto url = parse_token_url("pkcs11:token=t;object=k;type=private");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->key, "pkcs11:token=t;object=k;type=private");
  EXPECT_FALSE(url->pin);
  EXPECT_FALSE(url->pin_source);
}

TEST(TokenUrl, HasAPin) {
  const auto url = parse_token_url("pkcs11:token=t?pin-value=a%26b%2F%2f1");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->key, "pkcs11:token=t");
  EXPECT_EQ(text(*url->pin), "a&b//1");
}

TEST(TokenUrl, HasAFileWithThePin) {
  for (const char* source : {"/run/pin", "file:/run/pin", "file:///run/pin", "%2Frun%2Fpin"})
    EXPECT_EQ(parse_token_url(std::string("pkcs11:token=t?pin-source=") + source)->pin_source,
              "/run/pin")
        << source;
}

TEST(TokenUrl, RefusesWithoutSayingWhat) {
  for (const char* query :
       {"?pin-value=", "?pin-value", "?pin-value=geheim%", "?pin-value=geheim%4",
        "?pin-value=%zzgeheim", "?pin-value=geheim%00", "?pin-value=geheim&pin-value=geheim",
        "?pin-source=geheim", "?pin-source=file://host", "?pin-source=%7cgeheim",
        "?module-path=/geheim.so", "?geheim", "?&", "?pin-value=geheim&pin-source=/geheim",
        ";pin-value=geheim", ";pinfile=/geheim"}) {
    const auto refused = parse_token_url(std::string("pkcs11:token=t") + query);
    ASSERT_FALSE(refused) << query;
    EXPECT_EQ(refused.error().message().find("geheim"), std::string::npos) << query;
  }
  EXPECT_FALSE(parse_token_url("pkcs11:token=t?pin-value=" + std::string(max_pin_size + 1, '1')));
  EXPECT_TRUE(parse_token_url("pkcs11:token=t?pin-value=" + std::string(max_pin_size, '1')));
}

TEST(PinFile, HoldsOneLine) {
  EXPECT_EQ(text(pin_from_file(secret("1234")).value()), "1234");
  EXPECT_EQ(text(pin_from_file(secret("12 34\r\n")).value()), "12 34");
  for (const auto* content : {"\n", "1\n2\n", "\r\n"})
    EXPECT_FALSE(pin_from_file(secret(content))) << content;
  EXPECT_FALSE(pin_from_file(secret(std::string_view("1\0", 2))));
  EXPECT_FALSE(pin_from_file(secret(std::string(max_pin_size + 1, '1'))));
}

} // namespace
} // namespace ktls
