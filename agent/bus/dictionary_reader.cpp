// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/dictionary_reader.hpp"

#include "base/text.hpp"

namespace ktls::bus {

std::optional<std::string> DictionaryReader::text(const char* key) {
  auto value = take<std::string>(key, "s");
  if (value && value->size() > max_text_)
    complain(fmt::format("{} has more than {} bytes", key, max_text_));
  return value;
}

void DictionaryReader::complain(std::string what) {
  if (problem_.empty())
    problem_ = std::move(what);
}

void DictionaryReader::refuse_others() {
  for (const auto& [key, value] : dictionary_) {
    if (!taken_.contains(key))
      complain(fmt::format("there is no key {}", escape(key, 64)));
  }
}

} // namespace ktls::bus
