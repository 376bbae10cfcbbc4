// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/hello.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ktls::tls {
namespace {

using namespace std::string_literals;

const std::string random_bytes(32, 'r');
const std::string record_size_limit_512 = "\x00\x1c\x00\x02\x02\x00"s;
const std::string max_fragment_length_1024 = "\x00\x01\x00\x01\x02"s;
const std::string versions_13_12 = "\x00\x2b\x00\x05\x04\x03\x04\x03\x03"s;
const std::string unknown_extension = "\x12\x34\x00\x03xyz"s;

std::string sized(const std::string& extensions) {
  return std::string(1, static_cast<char>(extensions.size() >> 8)) +
         static_cast<char>(extensions.size() & 0xff) + extensions;
}
std::string client_hello(const std::string& extensions) {
  return "\x03\x03"s + random_bytes + "\x00"s + "\x00\x02\x13\x01"s + "\x01\x00"s +
         sized(extensions);
}
std::string server_hello(const std::string& extensions) {
  return "\x03\x03"s + random_bytes + "\x04"s + "abcd" + "\xc0\x2b\x00"s + sized(extensions);
}

std::optional<Hello> parse(HelloKind kind, const std::string& message) {
  return parse_hello(kind, std::as_bytes(std::span(message)));
}

TEST(Hello, TellsTheVersionsOfferedInTheExtension) {
  const auto hello =
      parse(HelloKind::ClientHello, client_hello(unknown_extension + versions_13_12));

  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->tls13);
  EXPECT_TRUE(hello->tls12);
}

TEST(Hello, TellsTheVersionOfferedWithoutTheExtension) {
  const auto hello = parse(HelloKind::ClientHello, client_hello(""));

  ASSERT_TRUE(hello);
  EXPECT_FALSE(hello->tls13);
  EXPECT_TRUE(hello->tls12);
}

TEST(Hello, DoesNotTakeTheOldVersionWhereThereIsTheExtension) {
  const auto hello = parse(HelloKind::ClientHello, client_hello("\x00\x2b\x00\x03\x02\x03\x04"s));

  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->tls13);
  EXPECT_FALSE(hello->tls12);
}

TEST(Hello, TellsRecordSizeLimits) {
  const auto in_client = parse(HelloKind::ClientHello, client_hello(record_size_limit_512));
  const auto in_server = parse(HelloKind::ServerHello, server_hello(record_size_limit_512));
  const auto encrypted =
      parse(HelloKind::EncryptedExtensions, sized(unknown_extension + record_size_limit_512));

  EXPECT_EQ(in_client->record_size_limit, 512);
  EXPECT_EQ(in_server->record_size_limit, 512);
  EXPECT_EQ(encrypted->record_size_limit, 512);
}

TEST(Hello, TellsMaximumFragmentLengths) {
  const auto hello = parse(HelloKind::ClientHello, client_hello(max_fragment_length_1024));
  const auto unknown = parse(HelloKind::ClientHello, client_hello("\x00\x01\x00\x01\x05"s));

  EXPECT_EQ(hello->max_fragment_length, 1024);
  EXPECT_FALSE(hello->record_size_limit);
  EXPECT_FALSE(unknown->max_fragment_length);
}

TEST(Hello, MayHaveNoExtensions) {
  const std::string without = server_hello("").substr(0, server_hello("").size() - 2);

  EXPECT_TRUE(parse(HelloKind::ServerHello, without));
}

TEST(Hello, IsNoneWhenCutShortAtAnyByte) {
  const std::string whole =
      client_hello(versions_13_12 + record_size_limit_512 + max_fragment_length_1024);
  const std::string head = client_hello("").substr(0, client_hello("").size() - 2);

  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bool parsed = parse(HelloKind::ClientHello, whole.substr(0, size)).has_value();
    EXPECT_EQ(parsed, size == head.size()) << size;
  }
}

TEST(Hello, IsNoneWithALengthThatLies) {
  EXPECT_FALSE(parse(HelloKind::ClientHello, client_hello("\x00\x1c\x00\x09\x02\x00"s)));
  EXPECT_FALSE(parse(HelloKind::ClientHello, client_hello("\x00\x2b\x00\x02\x09\x03"s)));
  EXPECT_FALSE(parse(HelloKind::ClientHello, client_hello("\x00\x1c\x00\x01\x02"s)));
}

} // namespace
} // namespace ktls::tls
