// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/secret_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ktls {

void SecretMemory::Unmap::operator()(std::byte* mapped) const {
  (void)::munmap(mapped, size);
}

namespace {

Fd secret_descriptor() {
  Fd fd(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  if (!fd)
    fd.reset(::memfd_create("ktlsd-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  return fd;
}

} // namespace

Result<SecretMemory::Mapping> SecretMemory::map(int fd, std::size_t size) {
  void* mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) // NOLINT(performance-no-int-to-ptr): the C library's
    return errno_error("mapping memory for traffic secrets");
  (void)::mlock(mapped, size); // where that is not permitted, lock_memory() has said so
  (void)::madvise(mapped, size, MADV_DONTDUMP);
  (void)::madvise(mapped, size, MADV_DONTFORK);
  return Mapping(static_cast<std::byte*>(mapped), Unmap{size});
}

Result<SecretMemory> SecretMemory::create(std::size_t size) {
  Fd fd = secret_descriptor();
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(size)) < 0)
    return errno_error("making memory for traffic secrets");
  // that of memfd_secret(2) has no seals, and its size cannot be changed any more
  (void)::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  auto mapping = TRY(map(fd.get(), size));
  return SecretMemory(std::move(fd), std::move(mapping));
}

Result<SecretMemory> SecretMemory::open(Fd fd, std::size_t size) {
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0)
    return errno_error("looking at traffic secrets");
  if (!S_ISREG(status.st_mode) || status.st_size != static_cast<off_t>(size))
    return invalid("this is no memory with traffic secrets");
  auto mapping = TRY(map(fd.get(), size));
  return SecretMemory(std::move(fd), std::move(mapping));
}

} // namespace ktls
