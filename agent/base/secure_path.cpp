// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secure_path.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

namespace ktls {
namespace {

// Of one that is no link.
Result<> check_one(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0)
    return errno_error(path);
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return invalid(fmt::format("{}: it belongs to uid {}, who can change it: chown it to root",
                               path, status.st_uid));
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0)
    return {};
  const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
  if (by_group || (status.st_mode & S_IWOTH) != 0)
    return invalid(fmt::format("{}: others than its owner can change it: chmod go-w it", path));
  return {};
}

} // namespace

Result<> check_secure_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         std::free);
  if (!real)
    return errno_error(path);
  for (std::filesystem::path at(real.get());; at = at.parent_path()) {
    TRY(check_one(at));
    if (at == at.root_path())
      return {};
  }
}

} // namespace ktls
