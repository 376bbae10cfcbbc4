// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/server_name.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace ktls::tls {
namespace {

using namespace std::string_literals;
using Name = std::optional<std::string>;

const Name needs_more = std::nullopt;
const Name no_name = "";

// `length_size` bytes of length before it.
std::string sized(std::size_t length_size, const std::string& content) {
  std::string out;
  for (std::size_t i = length_size; i-- > 0;)
    out += static_cast<char>(content.size() >> (8 * i) & 0xff);
  return out + content;
}
std::string entry(const std::string& name, char type = 0) {
  return std::string(1, type) + sized(2, name);
}
std::string server_name(const std::string& entries) {
  return "\0\0"s + sized(2, sized(2, entries));
}
const std::string other_extension = "\x00\x2b\x00\x03\x02\x03\x04"s;

std::string message(const std::string& extensions, char type = 1) {
  return std::string(1, type) +
         sized(3, "\x03\x03" + std::string(32, 'r') + sized(1, "session") + sized(2, "\x13\x01") +
                      sized(1, "\0"s) + sized(2, extensions));
}
std::string record(const std::string& content, char type = 22) {
  return std::string(1, type) + "\x03\x01" + sized(2, content);
}
std::string hello(const std::string& name) {
  return record(message(other_extension + server_name(entry(name)) + other_extension));
}

Name name_in(const std::string& received) {
  return server_name_in(std::as_bytes(std::span(received)));
}

TEST(ServerName, IsFound) {
  EXPECT_EQ(name_in(hello("db.example.org")), "db.example.org");
  EXPECT_EQ(name_in(record(message(server_name(entry("a"))))), "a");
}

TEST(ServerName, IsInSmallLetters) {
  EXPECT_EQ(name_in(hello("DB.Example.ORG")), "db.example.org");
}

// RFC 6066, section 3: "The hostname is represented as a byte string using ASCII encoding without a
// trailing dot."
TEST(ServerName, HasNoDotAtItsEnd) {
  EXPECT_EQ(name_in(hello("db.example.org.")), "db.example.org");
}

TEST(ServerName, NeedsTheWholeMessage) {
  const auto whole = hello("db.example.org");

  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(name_in(whole.substr(0, size)), needs_more) << size;
}

TEST(ServerName, DoesNotLookBehindTheMessage) {
  EXPECT_EQ(name_in(hello("one.test") + hello("two.test")), "one.test");
  EXPECT_EQ(name_in(hello("one.test") + "anything"), "one.test");
  EXPECT_EQ(name_in(record(message(server_name(entry("one.test"))) + "\x01 behind it")),
            "one.test");
}

TEST(ServerName, MayBeSplitAnywhere) {
  const auto whole = message(other_extension + server_name(entry("db.example.org")));

  for (std::size_t at = 0; at <= whole.size(); ++at) {
    const auto first = record(whole.substr(0, at));
    EXPECT_EQ(name_in(first + record(whole.substr(at))), "db.example.org") << at;
    if (at < whole.size()) {
      EXPECT_EQ(name_in(first), needs_more) << at;
      EXPECT_EQ(name_in(first + record(whole.substr(at)).substr(0, 5)), needs_more) << at;
    }
  }
}

TEST(ServerName, MayComeByteByByte) {
  std::string received;
  for (const char byte : message(server_name(entry("db.example.org"))))
    received += record(std::string(1, byte));

  EXPECT_EQ(name_in(received), "db.example.org");
}

TEST(ServerName, MayBeMissing) {
  EXPECT_EQ(name_in(record(message(""))), no_name);
  EXPECT_EQ(name_in(record(message(other_extension))), no_name);
  EXPECT_EQ(name_in(record(message(server_name("")))), no_name);
  EXPECT_EQ(name_in(record(message("\0\0\0\0"s))), no_name) << "as a server acknowledges it";
}

TEST(ServerName, MayBeMissingWithAllExtensions) {
  const auto with = message("");
  const auto length = sized(3, with.substr(4, with.size() - 4 - 2));

  EXPECT_EQ(name_in(record("\x01" + length)), no_name);
}

// RFC 6066, section 3: "The ServerNameList MUST NOT contain more than one name of the same
// name_type."
TEST(ServerName, IsTheFirstOfSeveral) {
  EXPECT_EQ(name_in(record(message(server_name(entry("one.test") + entry("two.test"))))),
            "one.test");
  EXPECT_EQ(
      name_in(record(message(server_name(entry("one.test")) + server_name(entry("two.test"))))),
      "one.test");
  EXPECT_EQ(name_in(record(message(server_name(entry("no name") + entry("two.test"))))), no_name);
}

TEST(ServerName, IsFoundBehindNamesOfOtherTypes) {
  EXPECT_EQ(name_in(record(message(server_name(entry("x", 7) + entry("one.test"))))), "one.test");
  EXPECT_EQ(name_in(record(message(server_name(entry("x", 7))))), no_name);
}

// RFC 6066, section 3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
TEST(ServerName, IsNoAddress) {
  EXPECT_EQ(name_in(hello("192.0.2.1")), no_name);
  EXPECT_EQ(name_in(hello("2001:db8::1")), no_name);
  EXPECT_EQ(name_in(hello("[2001:db8::1]")), no_name);
}

TEST(ServerName, IsNothingElseThanAName) {
  EXPECT_EQ(name_in(hello("")), no_name);
  EXPECT_EQ(name_in(hello("db.example.org\0.evil"s)), no_name);
  EXPECT_EQ(name_in(hello("db.example.org\n")), no_name);
  EXPECT_EQ(name_in(hello("*.example.org")), no_name);
  EXPECT_EQ(name_in(hello("m\xc3\xbcller.test")), no_name);
  EXPECT_EQ(name_in(hello(std::string(64, 'a') + ".test")), no_name);
  EXPECT_EQ(name_in(hello("a" + std::string(126, '.') + "a")), no_name);
  std::string longest;
  for (int i = 0; i < 126; ++i)
    longest += "a.";
  EXPECT_EQ(name_in(hello(longest + "a")), longest + "a");
  EXPECT_EQ(name_in(hello(longest + "aa")), no_name);
}

TEST(ServerName, IsNoneInWhatIsNoTls) {
  EXPECT_EQ(name_in("GET / HTTP/1.1\r\n\r\n"), no_name);
  EXPECT_EQ(name_in("G"), no_name);
  EXPECT_EQ(name_in("\0"s), no_name);
  EXPECT_EQ(name_in("\x80\x2e\x01\x03\x01"), no_name) << "SSL 2";
}

TEST(ServerName, IsNoneInOtherRecords) {
  const auto content = message(server_name(entry("db.example.org")));

  EXPECT_EQ(name_in(record("\x02\x28", 21)), no_name) << "an alert";
  EXPECT_EQ(name_in(record(content, 23)), no_name);
  EXPECT_EQ(name_in(record(content, 20)), no_name);
}

// RFC 8446, section 5.1: "Handshake messages MUST NOT be interleaved with other record types."
TEST(ServerName, IsNoneWithAnotherRecordInBetween) {
  const auto content = message(server_name(entry("db.example.org")));

  EXPECT_EQ(name_in(record(content.substr(0, 20)) + record("\x02\x28", 21)), no_name);
  EXPECT_EQ(name_in(record(content.substr(0, 2)) + record("\x02\x28", 21)), no_name);
  EXPECT_EQ(
      name_in(record(content.substr(0, 20)) + record("\x02\x28", 21) + record(content.substr(20))),
      no_name);
}

TEST(ServerName, IsNoneInOtherMessages) {
  const auto extensions = server_name(entry("db.example.org"));

  EXPECT_EQ(name_in(record(message(extensions, 2))), no_name);
  EXPECT_EQ(name_in(record(message(extensions, 0))), no_name);
  EXPECT_EQ(name_in(record("\x02\0\0\1"s)), no_name) << "the rest is not waited for";
}

TEST(ServerName, IsNoneInAHelloThatIsTooLarge) {
  const auto announced = "\x01"s + sized(3, std::string(max_client_hello + 1, 'x')).substr(0, 3);

  EXPECT_EQ(name_in(record(announced)), no_name) << "the rest is not waited for";
}

TEST(ServerName, IsFoundInALargeHello) {
  const auto padding = "\x00\x15"s + sized(2, std::string(max_client_hello / 2, '\0'));

  EXPECT_EQ(name_in(record(message(padding + server_name(entry("db.example.org"))))),
            "db.example.org");
}

// However it is split: there is an end to what is looked through.
TEST(ServerName, NeedsNoMoreThanItsLimit) {
  std::string received;
  while (received.size() < max_client_hello)
    received += record("");
  EXPECT_EQ(name_in(received), no_name);
  EXPECT_EQ(name_in(received.substr(0, max_client_hello - 6)), needs_more);

  const auto large = message("\x00\x15"s + sized(2, std::string(max_client_hello - 100, '\0')));
  std::string split;
  for (std::size_t at = 0; at < large.size() && split.size() < max_client_hello; at += 10)
    split += record(large.substr(at, 10));
  EXPECT_EQ(name_in(split), no_name);
}

// A length that lies must not be followed anywhere.
TEST(ServerName, IsNoneWithALengthThatLies) {
  const auto sound = message(server_name(entry("db.example.org")));
  const auto at = sound.size() - "db.example.org"s.size();

  for (std::size_t back = 1; back <= 9; ++back) {
    auto damaged = sound;
    damaged[at - back] = '\x7f';
    (void)name_in(record(damaged));
    EXPECT_NE(name_in(record(damaged)), "db.example.org"s + '\0');
  }
  auto longer = sound;
  longer[at - 1] = static_cast<char>("db.example.org"s.size() + 1);
  EXPECT_EQ(name_in(record(longer)), no_name);
}

TEST(ServerName, IsNeverMadeUpFromDamage) {
  std::mt19937 random(20261125);
  const auto sound = hello("db.example.org") + hello("other.test");
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = sound.substr(0, random() % (sound.size() + 1));
    for (unsigned changes = random() % 8; changes > 0 && !damaged.empty(); --changes)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    // its own memory, so that a read behind the end is seen
    const std::vector<char> exact(damaged.begin(), damaged.end());
    EXPECT_LE(server_name_in(std::as_bytes(std::span(exact))).value_or("").size(), 253U);
  }
}

} // namespace
} // namespace ktls::tls
