// SPDX-License-Identifier: GPL-2.0-or-later
// DictionaryReader: takes entries out of a caller's dictionary, and keeps what is wrong with it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bus/compatibility.hpp"

namespace ktls::bus {

class DictionaryReader {
public:
  // `dictionary` must outlive the reader. Longer text than `max_text` bytes is a problem.
  DictionaryReader(const Dictionary& dictionary, std::size_t max_text)
      : dictionary_(dictionary), max_text_(max_text) {}

  // `type` is how D-Bus writes T.
  template<class T>
  std::optional<T> take(const char* key, const char* type) {
    taken_.insert(key);
    const auto found = dictionary_.find(key);
    if (found == dictionary_.end())
      return std::nullopt;
    if (!found->second.containsValueOfType<T>()) {
      complain(fmt::format("{} is not of type {}", key, type));
      return std::nullopt;
    }
    return found->second.get<T>();
  }
  std::optional<std::string> text(const char* key);
  std::optional<std::uint16_t> number16(const char* key) { return take<std::uint16_t>(key, "q"); }
  std::optional<std::uint32_t> number32(const char* key) { return take<std::uint32_t>(key, "u"); }
  std::optional<std::uint64_t> number64(const char* key) { return take<std::uint64_t>(key, "t"); }

  void complain(std::string what);
  // Behind all takes: what nobody took is a problem.
  void refuse_others();
  // With the first that is bad; empty: all is well. Fit to be printed.
  [[nodiscard]] const std::string& problem() const { return problem_; }

private:
  const Dictionary& dictionary_;
  std::size_t max_text_;
  std::set<std::string_view> taken_;
  std::string problem_;
};

} // namespace ktls::bus
