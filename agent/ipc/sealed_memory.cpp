// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/sealed_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace ktls::ipc {
namespace {

constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

} // namespace

Result<Fd> make_sealed_memory(std::span<const std::byte> bytes) {
  Fd fd(::memfd_create("ktlsd-configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd)
    return errno_error("memfd_create");
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return errno_error("filling a memfd");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, seals) < 0)
    return errno_error("sealing a memfd");
  return fd;
}

Result<std::vector<std::byte>> read_sealed_memory(int fd, std::size_t limit) {
  const int present = ::fcntl(fd, F_GET_SEALS);
  if (present < 0)
    return errno_error("reading the seals of a descriptor");
  if ((present & seals) != seals)
    return invalid("memory is not sealed");
  struct stat status {};
  if (::fstat(fd, &status) < 0)
    return errno_error("fstat");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > limit)
    return invalid("sealed memory is larger than its limit", std::errc::message_size);
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return errno_error("reading sealed memory");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

} // namespace ktls::ipc
