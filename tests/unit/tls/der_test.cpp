// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/der.hpp"

#include <gtest/gtest.h>

#include "tls/der_writer.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
using namespace std::string_literals;

bool is_element(const std::string& text) {
  DerReader reader(der::bytes(text));
  (void)reader.next();
  return reader.done();
}

TEST(DerReader, ReadsLengths) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65'535U, 65'536U}) {
    const auto text = der::octets(std::string(size, 'x'));
    DerReader reader(der::bytes(text));

    EXPECT_EQ(reader.take(der_tag::octet_string).size(), size);
    EXPECT_TRUE(reader.done());
  }
}

TEST(DerReader, RefusesOtherEncodings) {
  EXPECT_FALSE(is_element(""));
  EXPECT_FALSE(is_element("\x04"));
  EXPECT_FALSE(is_element("\x04\x01"));
  EXPECT_FALSE(is_element("\x04\x80\x00\x00"s)) << "without a length";
  EXPECT_FALSE(is_element("\x04\x81\x01x")) << "longer than necessary";
  EXPECT_FALSE(is_element("\x04\x82\x00\x80"s + std::string(128, 'x'))) << "likewise";
  EXPECT_FALSE(is_element("\x04\x85\x00\x00\x00\x00\x01x"s));
  EXPECT_FALSE(is_element("\x04\x84\xff\xff\xff\xffx")) << "beyond the end";
  EXPECT_FALSE(is_element("\x1f\x85\x23\x00"s)) << "a tag of several bytes";
}

TEST(DerReader, GivesNothingBehindAnError) {
  const auto text = der::number(1) + der::number(2);
  DerReader reader(der::bytes(text));
  (void)reader.take(der_tag::oid);

  EXPECT_TRUE(reader.take(der_tag::integer).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(DerReader, ReadsBooleans) {
  const auto read = [](const std::string& text) {
    DerReader reader(der::bytes(text));
    const bool value = reader.boolean_if();
    return reader.done() ? std::optional(value) : std::nullopt;
  };

  EXPECT_EQ(read("\x01\x01\xff"), true);
  EXPECT_EQ(read("\x01\x01\x00"s), false);
  EXPECT_EQ(read(""), false);
  EXPECT_EQ(read("\x01\x01\x01"), std::nullopt);
  EXPECT_EQ(read("\x01\x02\xff\xff"), std::nullopt);
}

std::optional<std::time_t> time_of(std::uint8_t tag, std::string_view text) {
  const auto encoded = der::value(tag, text);
  DerReader reader(der::bytes(encoded));
  const auto time = reader.time();
  return reader.done() ? std::optional(time) : std::nullopt;
}

TEST(DerReader, ReadsTimes) {
  EXPECT_EQ(time_of(der_tag::utc_time, "700101000000Z"), 0);
  EXPECT_EQ(time_of(der_tag::utc_time, "491231235959Z"), 2'524'607'999);
  EXPECT_EQ(time_of(der_tag::utc_time, "500101000000Z"), -631'152'000);
  EXPECT_EQ(time_of(der_tag::generalized_time, "20500101000000Z"), 2'524'608'000);
  EXPECT_EQ(time_of(der_tag::generalized_time, "99991231235959Z"), 253'402'300'799);
  EXPECT_EQ(time_of(der_tag::generalized_time, "20240229000000Z"), 1'709'164'800);
}

TEST(DerReader, RefusesOtherTimes) {
  for (const auto* text :
       {"", "700101000000", "7001010000Z", "700101000000+0100", "70010100000 Z", "701301000000Z",
        "700132000000Z", "700101240000Z", "700101006000Z", "700101000060Z", "230229000000Z"})
    EXPECT_EQ(time_of(der_tag::utc_time, text), std::nullopt) << text;
  EXPECT_EQ(time_of(der_tag::generalized_time, "20240101000000.5Z"), std::nullopt);
  EXPECT_EQ(time_of(der_tag::integer, "700101000000Z"), std::nullopt);
}

TEST(Der, ReadsSmallNumbers) {
  const auto read = [](const std::string& content) { return small_number(der::bytes(content)); };

  EXPECT_EQ(read("\x00"s), 0U);
  EXPECT_EQ(read("\x00\xff"s), 255U);
  EXPECT_EQ(read("\x7f\xff\xff\xff"), 0x7fffffffU);
  EXPECT_EQ(read("\xff"), std::nullopt);
  EXPECT_EQ(read(""), std::nullopt);
  EXPECT_EQ(read("\x01\x01\x01\x01\x01"), std::nullopt);
}

} // namespace
} // namespace ktls::tls
