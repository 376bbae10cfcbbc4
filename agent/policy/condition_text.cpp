// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/condition_text.hpp"

#include <fmt/format.h>

#include "policy/condition_values.hpp"

namespace ktls::policy {
namespace {

std::string_view name_of(Origin origin) {
  switch (origin) {
  case Origin::Kernel:
    return "kernel";
  case Origin::Application:
    return "application";
  case Origin::Listener:
    return "listener";
  }
  return "";
}
std::string_view name_of(Direction direction) {
  switch (direction) {
  case Direction::Inbound:
    return "inbound";
  case Direction::Outbound:
    return "outbound";
  }
  return "";
}
std::string_view name_of(AskedRole role) {
  switch (role) {
  case AskedRole::Client:
    return "client";
  case AskedRole::Server:
    return "server";
  }
  return "";
}

template<class Key>
ValueText text_of(std::string_view key, const Interval<Key>& values) {
  if constexpr (std::is_enum_v<Key>)
    return {std::string(name_of(values.first)), false};
  else if constexpr (std::is_same_v<Key, IpAddress>)
    return {addresses_text(values), false};
  else if constexpr (std::is_same_v<Key, std::uint16_t>)
    return {ports_text(values), values.first == values.last};
  else if constexpr (std::is_integral_v<Key>)
    return {fmt::format("{}", values.first), true};
  else
    return {key == "server_name" ? server_names_text(values) : names_text(values), false};
}

} // namespace

std::vector<ConditionText> text_of(const Conditions& conditions) {
  std::vector<ConditionText> out;
  const auto add = [&](const auto& dimension) {
    std::vector<ValueText> values;
    for (const auto& one : conditions.*dimension.alternatives)
      values.push_back(text_of(dimension.name, one));
    if (!values.empty())
      out.push_back({dimension.name, std::move(values)});
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, dimensions);
  return out;
}

std::vector<ValueText> fact_text(const Facts& facts, std::string_view key) {
  std::vector<ValueText> out;
  const auto add = [&](const auto& dimension) {
    if (dimension.name == key)
      dimension.values(facts, [&](const auto& value) {
        out.push_back(text_of(dimension.name, exactly(value)));
      });
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, dimensions);
  return out;
}

std::string text_of(const LocalTime& time) {
  TimeWindow day;
  day.days.set(time.weekday);
  constexpr unsigned hour = 60;
  const auto name = text_of(day);
  return fmt::format("{} {:02}:{:02}", name.substr(0, name.find(' ')), time.minute / hour,
                     time.minute % hour);
}

} // namespace ktls::policy
