// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.hpp"

#include <fcntl.h>

#include <array>

#include "base/fd.hpp"

namespace ktls {

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // non-blocking: a FIFO in the place of a file must not hold up its reader
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file)
    return errno_error(path);
  std::string text;
  std::array<char, 16384> block{};
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno_error(path);
    if (got == 0)
      return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > limit)
      return errno_error(path, EFBIG);
  }
}

} // namespace ktls
