// SPDX-License-Identifier: GPL-2.0-or-later
// IpTimeCondition: when a TTLSRule is in effect.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/at_tls_conditions.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::array<std::string_view, 7> days{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::size_t max_windows = 64;
constexpr std::uint64_t day = 24UL * 60; // minutes

// What a parameter of the block contributes.
struct Times {
  std::string days; // "mon,tue"; empty: each
  Strings hours;    // "08:00-18:00"; empty: all day
  bool failed = false;
};

void fail(Problems& problems, const Statement& statement, std::string_view why, Times& times) {
  problems.add(statement.line, fmt::format("{}: {}", shown(statement), why));
  times.failed = true;
}

bool is_mask(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most &&
         text.find_first_not_of("01") == std::string_view::npos;
}

void read_days(Problems& problems, const Statement& statement, Times& times) {
  const auto mask = statement.word();
  if (!is_mask(mask, days.size(), days.size()) || mask.find('1') == std::string_view::npos)
    return fail(problems, statement, "has to be seven digits 0 and 1, from Sunday on, with a 1",
                times);
  times.days.clear();
  // from Monday on, as one reads it here
  for (std::size_t i = 1; i <= days.size(); ++i) {
    const auto at = i % days.size();
    if (mask[at] == '1')
      times.days += fmt::format("{}{}", times.days.empty() ? "" : ",", days.at(at));
  }
  if (mask.find('0') == std::string_view::npos)
    times.days.clear();
}

// "8" or "8:30", in minutes.
std::optional<std::uint64_t> time_of_day(std::string_view text) {
  const auto colon = std::min(text.find(':'), text.size());
  const auto hours = number(text.substr(0, colon));
  const auto minutes =
      colon == text.size() ? std::optional<std::uint64_t>(0) : number(text.substr(colon + 1));
  if (!hours || !minutes || *hours > 24 || *minutes > 59 || *hours * 60 + *minutes > day)
    return std::nullopt;
  return *hours * 60 + *minutes;
}

std::optional<std::string> window(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return std::nullopt;
  const auto from = time_of_day(text.substr(0, dash));
  const auto to = time_of_day(text.substr(dash + 1));
  if (!from || !to || *from == *to || *from == day || *to == 0)
    return std::nullopt;
  return fmt::format("{:02}:{:02}-{:02}:{:02}", *from / 60, *from % 60, *to / 60, *to % 60);
}

// "8-12,13:00-17:30"
void read_hours(Problems& problems, const Statement& statement, Times& times) {
  std::string text = statement.value;
  std::replace(text.begin(), text.end(), ',', ' ');
  times.hours.clear();
  for (const auto word : words(text)) {
    const auto hours = window(word);
    if (!hours)
      return fail(problems, statement, "is no time of day", times);
    times.hours.push_back(*hours);
  }
  if (times.hours.empty() || times.hours.size() > max_windows)
    fail(problems, statement, "has no time of day, or too many", times);
}

void read_full_mask(Problems& problems, const Statement& statement, Times& times) {
  if (!is_mask(statement.word(), 1, 64) || statement.word().find('0') != std::string_view::npos)
    fail(problems, statement, "no counterpart: time knows days of the week and times of the day",
         times);
}

void read_zone(Problems& problems, const Statement& statement, Times& times) {
  if (!same(statement.word(), "Local"))
    fail(problems, statement, "no counterpart: times are local ones here", times);
}

void refuse(Problems& problems, const Statement& statement, Times& times) {
  fail(problems, statement, "no counterpart: a rule is not bound to a period of the calendar",
       times);
}

struct Parameter {
  std::string_view name;
  void (*read)(Problems& problems, const Statement& statement, Times& times);
};
constexpr std::array<Parameter, 6> parameters{{{"DayOfWeekMask", read_days},
                                               {"TimeOfDayRange", read_hours},
                                               {"MonthOfYearMask", read_full_mask},
                                               {"DayOfMonthMask", read_full_mask},
                                               {"TimeZone", read_zone},
                                               {"ConditionTimeRange", refuse}}};

void add_windows(const Times& times, Strings& out) {
  if (times.hours.empty()) {
    out.push_back(times.days);
    return;
  }
  for (const auto& hours : times.hours)
    out.push_back(times.days.empty() ? hours : fmt::format("{} {}", times.days, hours));
}

Times read_block(Problems& problems, const Statement& block, Told& out) {
  Times times;
  out.stands_in(block);
  for (const auto& child : block.children) {
    out.stands_in(child);
    const auto* parameter = std::find_if(parameters.begin(), parameters.end(),
                                         [&](const Parameter& one) { return child.is(one.name); });
    if (parameter == parameters.end())
      fail(problems, child, "not known in an IpTimeCondition", times);
    else
      parameter->read(problems, child, times);
  }
  return times;
}

} // namespace

std::optional<Told> read_times(Document& document, Problems& problems, const Statement& rule) {
  bool failed = false;
  bool always = false;
  Told out;
  for (const auto* block : document.blocks(rule, "IpTimeCondition", failed)) {
    const auto times = read_block(problems, *block, out);
    failed = failed || times.failed || out.values.size() > max_windows;
    always = always || (times.days.empty() && times.hours.empty());
    if (!failed && !always)
      add_windows(times, out.values);
  }
  if (failed)
    return std::nullopt;
  if (always) // one of several is enough
    out.values.clear();
  return out;
}

} // namespace ktls::importer
