// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secure_path.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>

namespace ktls {
namespace {

// Of one file, directory or link.
Result<> check_one(const std::filesystem::path& path, const struct stat& status, uid_t user) {
  if (status.st_uid != 0 && status.st_uid != user)
    return invalid(fmt::format("{}: it belongs to uid {}, who can change it: chown it to root",
                               path.string(), status.st_uid));
  // a link has no permissions of its own
  if (S_ISLNK(status.st_mode) || (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0))
    return {};
  const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
  if (by_group || (status.st_mode & S_IWOTH) != 0)
    return invalid(
        fmt::format("{}: others than its owner can change it: chmod go-w it", path.string()));
  return {};
}

// From the root on, each step: whoever can change one of them decides where the rest leads to.
class Walk {
public:
  explicit Walk(uid_t user) : user_(user) {}

  Result<> along(const std::filesystem::path& path) {
    for (const auto& step : path) {
      if (step == "/" || step.empty() || step == ".") {
        if (step == "/")
          at_ = "/";
        TRY(look(at_));
      } else if (step == "..") {
        at_ = at_.parent_path();
      } else {
        TRY(take(at_ / step));
      }
    }
    return {};
  }

private:
  static constexpr int max_links = 40; // as the kernel's

  Result<struct stat> look(const std::filesystem::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) < 0)
      return errno_error(path);
    TRY(check_one(path, status, user_));
    return status;
  }

  Result<> take(const std::filesystem::path& next) {
    const auto status = TRY(look(next));
    if (!S_ISLNK(status.st_mode)) {
      at_ = next;
      return {};
    }
    std::error_code failed;
    const auto target = std::filesystem::read_symlink(next, failed);
    if (failed || ++links_ > max_links)
      return errno_error(next, failed ? failed.value() : ELOOP);
    return along(target);
  }

  uid_t user_;
  std::filesystem::path at_ = "/";
  int links_ = 0;
};

} // namespace

Result<> check_secure_path(const std::string& path, uid_t user) {
  if (path.empty())
    return errno_error("an empty path", ENOENT);
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  if (failed)
    return Unexpected(Error{failed, path});
  return Walk(user).along(absolute);
}

} // namespace ktls
