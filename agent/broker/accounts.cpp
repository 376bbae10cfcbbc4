// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/accounts.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <sstream>

#include "base/file.hpp"

namespace ktls {
namespace {

constexpr std::size_t max_size = 64UL * 1024 * 1024;

// Lines of "name:password:number:...": the first of a name counts, as for the C library.
std::map<std::string, std::uint32_t> numbers_in(const std::string& path) {
  std::map<std::string, std::uint32_t> out;
  std::istringstream text(read_file(path, max_size).value_or(""));
  for (std::string line; std::getline(text, line);) {
    const auto name_end = line.find(':');
    const auto number_begin =
        line.find(':', name_end == std::string::npos ? name_end : name_end + 1);
    if (name_end == 0 || name_end == std::string::npos || number_begin == std::string::npos)
      continue;
    std::uint32_t number = 0;
    const char* first = line.data() + number_begin + 1;
    const auto [last, error] = std::from_chars(first, line.data() + line.size(), number);
    if (error == std::errc() && last != first && *last == ':')
      out.try_emplace(line.substr(0, name_end), number);
  }
  return out;
}

std::function<std::optional<std::uint32_t>(const std::string&)>
look_up_in(const std::string& path) {
  return [numbers = std::make_shared<const std::map<std::string, std::uint32_t>>(numbers_in(path))](
             const std::string& name) -> std::optional<std::uint32_t> {
    const auto found = numbers->find(name);
    return found == numbers->end() ? std::nullopt : std::optional(found->second);
  };
}

} // namespace

policy::Accounts local_accounts(const std::string& passwd, const std::string& group) {
  policy::Accounts out;
  out.uid = look_up_in(passwd);
  out.gid = look_up_in(group);
  return out;
}

} // namespace ktls
