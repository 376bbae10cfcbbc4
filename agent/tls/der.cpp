// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/der.hpp"

#include <chrono>

namespace ktls::tls {
namespace {

std::uint8_t at(Bytes bytes, std::size_t index) {
  return std::to_integer<std::uint8_t>(bytes[index]);
}

// -1 where there is something else than digits.
int two_digits(std::string_view text, std::size_t from) {
  const char tens = text[from];
  const char ones = text[from + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
    return -1;
  return (tens - '0') * 10 + (ones - '0');
}

// `text`: MMDDHHMMSSZ. Without timegm(), which reads the system's time zone from a file.
std::optional<std::time_t> read_time(int year, std::string_view text) {
  namespace chrono = std::chrono;
  const int month = two_digits(text, 0);
  const int day = two_digits(text, 2);
  const int hour = two_digits(text, 4);
  const int minute = two_digits(text, 6);
  const int second = two_digits(text, 8);
  if (month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59 || text[10] != 'Z')
    return std::nullopt;
  const chrono::year_month_day date(chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day)));
  if (!date.ok())
    return std::nullopt;
  const auto time = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) +
                    chrono::seconds(second);
  return chrono::seconds(time.time_since_epoch()).count();
}

std::optional<std::time_t> utc_time(std::string_view text) {
  if (text.size() != 13)
    return std::nullopt;
  const int year = two_digits(text, 0);
  if (year < 0)
    return std::nullopt;
  return read_time(year + (year < 50 ? 2000 : 1900), text.substr(2));
}

std::optional<std::time_t> generalized_time(std::string_view text) {
  if (text.size() != 15)
    return std::nullopt;
  const int century = two_digits(text, 0);
  const int year = two_digits(text, 2);
  if (century < 0 || year < 0)
    return std::nullopt;
  return read_time(century * 100 + year, text.substr(4));
}

} // namespace

DerElement DerReader::next() {
  const Bytes all = left_;
  constexpr std::uint8_t long_tag = 0x1f;
  if (all.size() < 2 || (at(all, 0) & long_tag) == long_tag) {
    fail();
    return {};
  }
  std::size_t head = 2;
  std::size_t length = at(all, 1);
  if (length >= 0x80) {
    const std::size_t bytes = length & 0x7fU;
    if (bytes < 1 || bytes > 4 || all.size() < head + bytes || at(all, 2) == 0) {
      fail();
      return {};
    }
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      length = length << 8 | at(all, head + i);
    head += bytes;
    if (length < 0x80) {
      fail();
      return {};
    }
  }
  if (length > all.size() - head) {
    fail();
    return {};
  }
  left_ = all.subspan(head + length);
  return {at(all, 0), all.subspan(head, length), all.first(head + length)};
}

DerElement DerReader::whole(std::uint8_t tag) {
  if (!next_is(tag)) {
    fail();
    return {};
  }
  return next();
}

std::optional<Bytes> DerReader::take_if(std::uint8_t tag) {
  if (!next_is(tag))
    return std::nullopt;
  return next().content;
}

bool DerReader::boolean_if() {
  const auto content = take_if(der_tag::boolean);
  if (!content)
    return false;
  const bool sound = content->size() == 1 && (at(*content, 0) == 0 || at(*content, 0) == 0xff);
  if (!sound)
    fail();
  return sound && at(*content, 0) != 0;
}

std::time_t DerReader::time() {
  const auto element = next();
  std::optional<std::time_t> found;
  if (element.tag == der_tag::utc_time)
    found = utc_time(text_of(element.content));
  else if (element.tag == der_tag::generalized_time)
    found = generalized_time(text_of(element.content));
  if (!found)
    fail();
  return found.value_or(0);
}

std::optional<std::uint32_t> small_number(Bytes content) {
  if (content.empty() || content.size() > 4 || at(content, 0) >= 0x80)
    return std::nullopt;
  std::uint32_t number = 0;
  for (const std::byte byte : content)
    number = number << 8 | std::to_integer<std::uint32_t>(byte);
  return number;
}

std::optional<Bytes> whole_bytes(Bytes bit_string) {
  if (bit_string.empty() || bit_string.front() != std::byte{0})
    return std::nullopt;
  return bit_string.subspan(1);
}

} // namespace ktls::tls
