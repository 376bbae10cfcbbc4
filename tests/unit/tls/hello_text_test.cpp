// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/hello_text.hpp"

#include <gtest/gtest.h>

namespace ktls::tls {
namespace {

using namespace std::string_literals;

std::string hello_sized(const std::string& content) {
  return std::string(1, static_cast<char>(content.size() >> 8)) +
         static_cast<char>(content.size() & 0xff) + content;
}
std::string hello_extension(unsigned type, const std::string& content) {
  return std::string(1, '\0') + static_cast<char>(type) + hello_sized(content);
}
std::string offer_of(const std::string& extensions) {
  return "\x03\x03"s + std::string(32, 'r') + "\x00"s + "\x00\x04\x13\x01\x0a\x0a"s + "\x01\x00"s +
         hello_sized(extensions);
}
std::string choice_of(const std::string& random, const std::string& extensions) {
  return "\x03\x03"s + random + "\x00"s + "\x13\x02\x00"s + hello_sized(extensions);
}
std::string offer(const std::string& message) {
  return offer_text(std::as_bytes(std::span(message)));
}
std::string choice(const std::string& message) {
  return choice_text(std::as_bytes(std::span(message)));
}

const std::string full_offer =
    offer_of(hello_extension(0, hello_sized("\x00"s + hello_sized("db.test"))) +
             hello_extension(10, hello_sized("\x00\x1d\x00\x17\x11\xec"s)) +
             hello_extension(13, hello_sized("\x04\x03"s)) +
             hello_extension(16, hello_sized("\x02h2\x03\"\n\xff"s)) +
             hello_extension(43, "\x04\x03\x04\x03\x03"s) +
             hello_extension(51, hello_sized("\x00\x1d"s + hello_sized("key"))));

TEST(OfferText, TellsWhatIsOffered) {
  EXPECT_EQ(offer(full_offer),
            "suites TLS_AES_128_GCM_SHA256, 0x0a0a; server name \"db.test\"; groups x25519, "
            "secp256r1, X25519MLKEM768; signatures ecdsa_secp256r1_sha256; protocols \"h2\", "
            "\"\"\\x0a\\xff\"; versions TLS 1.3, TLS 1.2; key shares x25519");
}

TEST(OfferText, GoesByTheOldVersionWithoutTheExtension) {
  EXPECT_EQ(offer(offer_of("")), "suites TLS_AES_128_GCM_SHA256, 0x0a0a; versions up to TLS 1.2");
}

TEST(OfferText, IsShortWhateverIsOffered) {
  std::string groups;
  for (int i = 0; i < 5000; ++i)
    groups += "\x00\x1d"s;
  std::string protocols;
  for (int i = 0; i < 100; ++i)
    protocols += "\xff"s + std::string(255, '\x01');

  const auto text = offer(offer_of(
      hello_extension(10, hello_sized(groups)) + hello_extension(16, hello_sized(protocols)) +
      hello_extension(0, hello_sized("\x00"s + hello_sized(std::string(5000, 'n'))))));

  EXPECT_LT(text.size(), 4096U);
  EXPECT_NE(text.find("x25519 and 4984 more"), std::string::npos) << text;
  EXPECT_NE(text.find(" and 84 more"), std::string::npos) << text;
}

TEST(OfferText, IsWhatCanBeReadOfAnyPiece) {
  for (std::size_t size = 0; size < full_offer.size(); ++size) {
    const auto text = offer(full_offer.substr(0, size));
    EXPECT_LT(text.size(), 512U);
  }
  EXPECT_EQ(offer(""), "malformed");
}

TEST(ChoiceText, TellsWhatIsChosen) {
  EXPECT_EQ(choice(choice_of(std::string(32, 'r'), hello_extension(43, "\x03\x04"s) +
                                                       hello_extension(51, "\x00\x1d\x00\x01k"s))),
            "suite TLS_AES_256_GCM_SHA384; version TLS 1.3; group x25519");
  EXPECT_EQ(choice(choice_of(std::string(32, 'r'), "")),
            "suite TLS_AES_256_GCM_SHA384; version TLS 1.2");
}

TEST(ChoiceText, TellsThatAnotherHelloIsWanted) {
  const auto random = "\xcf\x21\xad\x74"s + std::string(28, 'r');

  EXPECT_EQ(choice(choice_of(random, hello_extension(51, "\x00\x17"s))).substr(0, 30),
            "another client_hello is wanted");
}

TEST(ChoiceText, IsWhatCanBeReadOfAnyPiece) {
  const auto whole = choice_of(std::string(32, 'r'), hello_extension(43, "\x03\x04"s));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_LT(choice(whole.substr(0, size)).size(), 256U);
}

TEST(MessageName, IsTheStandards) {
  EXPECT_EQ(message_name(1), "client_hello");
  EXPECT_EQ(message_name(20), "finished");
  EXPECT_EQ(message_name(77), "message 77");
}

} // namespace
} // namespace ktls::tls
