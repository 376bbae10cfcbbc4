// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/time_window.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <array>

namespace ktls::policy {
namespace {

constexpr unsigned week = 7;
constexpr unsigned hour = 60;
constexpr unsigned day = 24 * hour;
constexpr std::array<std::string_view, week> day_names{"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};

std::optional<unsigned> parse_day(std::string_view text) {
  for (unsigned i = 0; i < week; ++i) {
    const auto name = day_names.at(i);
    if (text.size() == name.size() && ::strncasecmp(text.data(), name.data(), name.size()) == 0)
      return i;
  }
  return std::nullopt;
}

// "mon-wed,fri"
std::optional<std::bitset<week>> parse_days(std::string_view text) {
  std::bitset<week> days;
  while (true) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    const auto dash = part.find('-');
    const auto first = parse_day(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_day(part.substr(dash + 1));
    if (!first || !last)
      return std::nullopt;
    for (auto i = *first; i != *last; i = (i + 1) % week)
      days.set(i);
    days.set(*last);
    if (comma == std::string_view::npos)
      return days;
    text.remove_prefix(comma + 1);
  }
}

std::optional<unsigned> two_digits(std::string_view text, unsigned below) {
  constexpr std::string_view digits = "0123456789";
  if (text.size() != 2 || text.find_first_not_of(digits) != std::string_view::npos)
    return std::nullopt;
  const auto number = static_cast<unsigned>((text[0] - '0') * 10 + (text[1] - '0'));
  return number < below ? std::optional(number) : std::nullopt;
}

// "08:00"; 24:00 is the end of a day.
std::optional<unsigned> parse_minute(std::string_view text) {
  constexpr std::size_t size = 5;
  constexpr std::size_t colon = 2;
  if (text == "24:00")
    return day;
  if (text.size() != size || text[colon] != ':')
    return std::nullopt;
  const auto hours = two_digits(text.substr(0, colon), day / hour);
  const auto minutes = two_digits(text.substr(colon + 1), hour);
  return hours && minutes ? std::optional(*hours * hour + *minutes) : std::nullopt;
}

bool parse_times(std::string_view text, TimeWindow& out) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return false;
  const auto from = parse_minute(text.substr(0, dash));
  const auto to = parse_minute(text.substr(dash + 1));
  if (!from || !to || *from == day || *from == *to)
    return false;
  out.from = *from;
  out.to = *to == 0 ? day : *to;
  return true;
}

bool begins_with_digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

} // namespace

bool TimeWindow::has(const LocalTime& time) const {
  if (from < to)
    return days[time.weekday] && time.minute >= from && time.minute < to;
  const unsigned yesterday = (time.weekday + week - 1) % week;
  return (days[time.weekday] && time.minute >= from) || (days[yesterday] && time.minute < to);
}

std::optional<TimeWindow> parse_time_window(std::string_view text) {
  TimeWindow out;
  const auto space = text.find(' ');
  if (space == std::string_view::npos && begins_with_digit(text)) {
    out.days.set();
    return parse_times(text, out) ? std::optional(out) : std::nullopt;
  }
  const auto days = parse_days(text.substr(0, space));
  if (!days)
    return std::nullopt;
  out.days = *days;
  if (space != std::string_view::npos && !parse_times(text.substr(space + 1), out))
    return std::nullopt;
  return out;
}

std::string text_of(const TimeWindow& window) {
  std::string days;
  for (unsigned i = 0; i < week; ++i) {
    if (window.days[i])
      days += fmt::format("{}{}", days.empty() ? "" : ",", day_names.at(i));
  }
  return fmt::format("{} {:02}:{:02}-{:02}:{:02}", days, window.from / hour, window.from % hour,
                     window.to / hour, window.to % hour);
}

} // namespace ktls::policy
