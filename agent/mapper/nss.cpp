// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/nss.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>

#include <cstring> // explicit_bzero

#include "base/text.hpp"

namespace ktls {
namespace {

constexpr std::size_t first_buffer = 4096;
constexpr std::size_t largest_buffer = 1024UL * 1024;

// `call(entry, buffer, size, result)` is one of the C library's; null where there is none. The
// entry points into `buffer`, which grows as the call wants it to.
template<class Entry, class Call>
Result<Entry*> look_up(Entry& entry, std::vector<char>& buffer, const std::string& what,
                       const Call& call) {
  buffer.resize(first_buffer);
  for (;;) {
    Entry* found = nullptr;
    const int error = call(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < largest_buffer) {
      buffer.resize(buffer.size() * 4);
      continue;
    }
    if (error == EINTR)
      continue;
    if (error == 0 || says_none(error))
      return error == 0 ? found : nullptr;
    return errno_error("looking for " + what, error);
  }
}

std::optional<NssUser> user_in(const passwd* entry) {
  if (entry == nullptr)
    return std::nullopt;
  const std::string_view password = entry->pw_passwd == nullptr ? "" : entry->pw_passwd;
  return NssUser{entry->pw_name, entry->pw_uid, entry->pw_gid,
                 entry->pw_shell == nullptr ? "" : entry->pw_shell, password == "x"};
}

} // namespace

bool says_none(int error) {
  return error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

Result<std::optional<NssUser>> user_named(const std::string& name) {
  passwd entry{};
  std::vector<char> buffer;
  const auto* found =
      TRY(look_up(entry, buffer, fmt::format("the user '{}'", escape(name)),
                  [&](auto... arguments) { return ::getpwnam_r(name.c_str(), arguments...); }));
  return user_in(found);
}

Result<std::optional<NssUser>> user_of(uid_t uid) {
  passwd entry{};
  std::vector<char> buffer;
  const auto* found =
      TRY(look_up(entry, buffer, fmt::format("the user of uid {}", uid),
                  [&](auto... arguments) { return ::getpwuid_r(uid, arguments...); }));
  return user_in(found);
}

Result<std::vector<std::string>> groups_of(const NssUser& user) {
  std::vector<gid_t> numbers(max_groups + 1);
  int count = static_cast<int>(numbers.size());
  if (::getgrouplist(user.name.c_str(), user.gid, numbers.data(), &count) < 0 ||
      static_cast<std::size_t>(count) > max_groups)
    return errno_error(
        fmt::format("the user '{}' has more than {} groups", escape(user.name), max_groups), E2BIG);
  numbers.resize(static_cast<std::size_t>(count));
  std::vector<std::string> names;
  std::vector<char> buffer;
  for (const gid_t number : numbers) {
    group entry{};
    const auto* found =
        TRY(look_up(entry, buffer, fmt::format("the group {}", number),
                    [&](auto... arguments) { return ::getgrgid_r(number, arguments...); }));
    if (found != nullptr)
      names.emplace_back(found->gr_name);
  }
  return names;
}

Result<std::optional<ShadowFacts>> shadow_of(const std::string& user) {
  spwd entry{};
  std::vector<char> buffer;
  const auto found =
      look_up(entry, buffer, fmt::format("the shadow entry of '{}'", escape(user)),
              [&](auto... arguments) { return ::getspnam_r(user.c_str(), arguments...); });
  std::optional<ShadowFacts> facts;
  if (found && *found != nullptr) {
    const char first = entry.sp_pwdp == nullptr ? '\0' : *entry.sp_pwdp;
    facts = ShadowFacts{first == '!' || first == '*', entry.sp_lstchg, entry.sp_max, entry.sp_inact,
                        entry.sp_expire};
  }
  ::explicit_bzero(buffer.data(), buffer.size()); // the hash of the password
  if (!found)
    return tl::make_unexpected(found.error());
  return facts;
}

} // namespace ktls
