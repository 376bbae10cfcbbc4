// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/json.hpp"

#include "bus/agent1.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json time_or_null(std::uint64_t us) {
  return us == 0 ? Json() : Json(utc_text(wall_time(us)));
}

Json uid_or_null(std::uint32_t uid) {
  return uid == bus::no_owner ? Json() : Json(uid);
}

Json number_or_null(std::uint64_t number) {
  return number == 0 ? Json() : Json(number);
}

// what is not UTF-8 cannot come over the bus
std::string json_text(const Json& value) {
  return value.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

std::string json_line(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

} // namespace ktls::command
