// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>

#include "base/text.hpp"

namespace ktls::command {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::time_t seconds_of(WallTime time) {
  return floor<seconds>(time).time_since_epoch().count();
}

std::string formatted(const std::tm& parts, const char* format) {
  std::array<char, 64> room{};
  const auto size = std::strftime(room.data(), room.size(), format, &parts);
  return {room.data(), size};
}

std::string local_text(WallTime time, const char* format) {
  const auto whole = seconds_of(time);
  std::tm parts{};
  return ::localtime_r(&whole, &parts) == nullptr ? "?" : formatted(parts, format);
}

struct DurationParts {
  std::int64_t day, hour, minute, second;
};
DurationParts parts_of(microseconds duration) {
  const auto all = floor<seconds>(std::max(duration, microseconds(0)));
  return {floor<days>(all).count(), (floor<hours>(all) % days(1)).count(),
          (floor<minutes>(all) % hours(1)).count(), (all % minutes(1)).count()};
}

} // namespace

WallTime time_now() {
  return floor<microseconds>(std::chrono::system_clock::now());
}

WallTime wall_time(std::int64_t us) {
  return WallTime(microseconds(us));
}

WallTime wall_time(std::uint64_t us) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return wall_time(static_cast<std::int64_t>(std::min(us, most)));
}

std::string date_text(WallTime time) {
  return local_text(time, "%Y-%m-%d %H:%M:%S");
}

std::string clock_text(WallTime time) {
  return local_text(time, "%H:%M:%S");
}

std::string utc_text(WallTime time) {
  const auto whole = seconds_of(time);
  std::tm parts{};
  if (::gmtime_r(&whole, &parts) == nullptr)
    return "?";
  return formatted(parts, "%Y-%m-%dT%H:%M:%SZ");
}

std::string duration_text(microseconds duration) {
  const auto [day, hour, minute, second] = parts_of(duration);
  if (day > 0)
    return hour > 0 ? fmt::format("{} d {} h", day, hour) : fmt::format("{} d", day);
  if (hour > 0)
    return minute > 0 ? fmt::format("{} h {} min", hour, minute) : fmt::format("{} h", hour);
  return minute > 0 ? fmt::format("{} min", minute) : fmt::format("{} s", second);
}

std::string short_duration_text(microseconds duration) {
  const auto [day, hour, minute, second] = parts_of(duration);
  if (day > 0)
    return fmt::format("{}d{:02}h", day, hour);
  if (hour > 0)
    return fmt::format("{}h{:02}m", hour, minute);
  return minute > 0 ? fmt::format("{}m", minute) : fmt::format("{}s", second);
}

std::int64_t days_left(WallTime end, WallTime now) {
  // of whole seconds: the difference of two numbers of microseconds may not fit
  return floor<days>(floor<seconds>(end) - floor<seconds>(now)).count();
}

std::string expiry_text(WallTime end, WallTime now) {
  const auto left = days_left(end, now);
  if (left > 0)
    return counted(static_cast<std::size_t>(left), "day") + " left";
  if (left == 0)
    return "expires within a day";
  const auto over = static_cast<std::size_t>(-(left + 1));
  return over == 0 ? "expired less than a day ago" : "expired " + counted(over, "day") + " ago";
}

} // namespace ktls::command
