// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/fd.hpp"

namespace ktls {

Result<Secret> read_key_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file)
    return errno_error(fmt::format("opening it as uid {}", ::geteuid()));
  struct stat status {};
  if (::fstat(file.get(), &status) < 0)
    return errno_error("looking at it");
  if (!S_ISREG(status.st_mode))
    return invalid("it is not a regular file");
  if ((status.st_mode & S_IRWXO) != 0)
    return invalid(
        "others than its owner and group have access: chmod o-rwx it, and replace the key if "
        "others could read it");
  if (status.st_size <= 0 || static_cast<std::size_t>(status.st_size) > max_key_file_size)
    return invalid("it is empty or too large for a private key");
  auto secret = TRY(Secret::create(static_cast<std::size_t>(status.st_size)));
  auto left = secret.bytes();
  while (!left.empty()) {
    const ssize_t got = ::read(file.get(), left.data(), left.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return errno_error("reading it", got < 0 ? errno : EIO);
    left = left.subspan(static_cast<std::size_t>(got));
  }
  return secret;
}

} // namespace ktls
