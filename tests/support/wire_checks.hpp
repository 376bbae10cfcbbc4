// SPDX-License-Identifier: GPL-2.0-or-later
// What holds for every message that wire::decode() reads.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "wire.hpp"

namespace ktls::test {

template<class Message>
bool decodes(const Message& message) {
  Message decoded{};
  return wire::decode(&message, sizeof message, decoded);
}

// `bad` writes a wrong value into a copy.
template<class Message, class Spoil>
bool decodes_with(Message message, Spoil bad) {
  bad(message);
  return decodes(message);
}

template<class Message>
void expect_only_the_exact_size(const Message& message) {
  std::vector<char> bytes(sizeof message + 1);
  std::memcpy(bytes.data(), &message, sizeof message);
  Message decoded{};
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(wire::decode(bytes.data(), size, decoded), size == sizeof message) << size;
}

template<class Message>
void expect_header_checked(const Message& good) {
  EXPECT_TRUE(decodes(good));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.version = wire::version + 1; }));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.version = 0; }));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.type = Message::type + 1; }));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.type = 0; }));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.size = sizeof m - 1; }));
  EXPECT_FALSE(decodes_with(good, [](Message& m) { m.header.size = sizeof m + 1; }));
}

template<class Message, std::size_t N>
void expect_text_checked(const Message& good, wire::Text<N> Message::*text) {
  Message message = good;
  std::fill(std::begin((message.*text).bytes), std::end((message.*text).bytes), 'x');
  EXPECT_FALSE(decodes(message)) << "unterminated";

  (message.*text).bytes[N - 1] = '\0';
  EXPECT_TRUE(decodes(message)) << "the longest";

  (message.*text).bytes[N - 3] = '\0';
  EXPECT_FALSE(decodes(message)) << "a byte behind the NUL";
}

} // namespace ktls::test
