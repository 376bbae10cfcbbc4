// SPDX-License-Identifier: GPL-2.0-or-later
// The dictionaries of callers on D-Bus: a line for each entry, with the letter of its type first.
#include <charconv>

#include "bus/agent1_codec.hpp"
#include "bus/context_dictionary.hpp"
#include "fuzz.hpp"

namespace ktls::fuzz {
namespace {

sdbus::Variant value_of(char type, const std::string& text) {
  std::uint64_t number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  switch (type) {
  case 'q':
    return sdbus::Variant(static_cast<std::uint16_t>(number));
  case 'u':
    return sdbus::Variant(static_cast<std::uint32_t>(number));
  case 't':
    return sdbus::Variant(number);
  case 'b':
    return sdbus::Variant(number != 0);
  case 'a':
    return sdbus::Variant(std::vector<std::uint8_t>(text.begin(), text.end()));
  default:
    return sdbus::Variant(text);
  }
}

// "s key value", as far as D-Bus can say it: text is UTF-8 without NUL.
bus::Dictionary dictionary_of(std::string_view text) {
  bus::Dictionary out;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto space = line.find(' ', 2);
    if (space == std::string::npos || !is_utf8(line) || line.find('\0') != std::string::npos)
      continue;
    out.insert_or_assign(line.substr(2, space - 2), value_of(line[0], line.substr(space + 1)));
  }
  return out;
}

template<class T>
void must_be_diagnosed(const tl::expected<T, std::string>& result) {
  if (!result)
    must_be_clean(result.error());
}

} // namespace
} // namespace ktls::fuzz

int fuzz_bus(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto dictionary = fuzz::dictionary_of(fuzz::text_of(data, size));
  const auto filter = bus::filter_from(dictionary);
  fuzz::must_be_diagnosed(filter);
  fuzz::must(!filter || bus::filter_from(bus::to_bus(*filter)), "a filter that is sent is taken");
  const auto question = bus::question_from(dictionary);
  fuzz::must_be_diagnosed(question);
  fuzz::must(!question || bus::question_from(bus::to_bus(*question)),
             "a question that is sent is taken");
  const auto context = bus::context_from(dictionary);
  fuzz::must_be_diagnosed(context);
  fuzz::must(!context || bus::context_from(bus::dictionary_of(*context)),
             "a context that is sent is taken");
  fuzz::must_be_diagnosed(bus::interactive_in(dictionary));
  (void)bus::details_from(dictionary);
  (void)bus::failed_handshake_from(dictionary);
  return 0;
}
