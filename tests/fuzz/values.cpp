// SPDX-License-Identifier: GPL-2.0-or-later
// Values of a policy: what is shown of one is the same value.
#include "base/host_name.hpp"
#include "fuzz.hpp"
#include "policy/condition_values.hpp"
#include "policy/pin.hpp"
#include "policy/time_window.hpp"

namespace ktls::fuzz {
namespace {

template<class Parse, class Show>
void must_stay(std::string_view text, Parse parse, Show show) {
  const auto value = parse(text);
  if (!value) {
    if constexpr (requires { value.error(); })
      must_be_clean(value.error());
    return;
  }
  const std::string shown = show(*value);
  const auto again = parse(shown);
  must(again && show(*again) == shown, "a value that is shown is the same value", shown);
}

} // namespace
} // namespace ktls::fuzz

int fuzz_values(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto text = fuzz::text_of(data, size);
  const auto text_in = [](const auto& value) { return value.text(); };
  fuzz::must_stay(text, IpAddress::parse, text_in);
  fuzz::must_stay(text, HostName::parse, text_in);
  fuzz::must_stay(text, policy::parse_addresses, policy::addresses_text);
  fuzz::must_stay(text, policy::parse_ports, policy::ports_text);
  fuzz::must_stay(text, policy::parse_executable, policy::names_text);
  fuzz::must_stay(text, policy::parse_server_names, policy::server_names_text);
  fuzz::must_stay(text, policy::parse_time_window, policy::text_of);
  fuzz::must_stay(text, policy::parse_pin, policy::pin_text);
  const auto escaped = escape(text);
  fuzz::must_be_clean(escaped);
  fuzz::must(escape(escaped) == escaped, "what is escaped stays", escaped);
  return 0;
}
