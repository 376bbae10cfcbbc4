// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/record_log.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace ktls {
namespace {

using RecordLength = std::uint32_t;
// The memory is made larger by this much at a time.
constexpr std::size_t record_log_step = std::size_t{256} << 10U;

} // namespace

void RecordLog::Unmap::operator()(std::uint8_t* mapped) const {
  (void)::munmap(mapped, size);
}

Result<RecordLog::Mapping> RecordLog::map(int fd, std::size_t size, int protection) {
  void* mapped = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) // NOLINT(performance-no-int-to-ptr): the C library's
    return errno_error("mapping records");
  return Mapping(static_cast<std::uint8_t*>(mapped), Unmap{size});
}

// It can grow, and cannot shrink under whoever has it mapped.
Result<RecordLog> RecordLog::create() {
  RecordLog log(Fd(::memfd_create("ktlsd-sessions", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!log.fd_ || ::fcntl(log.fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK) < 0)
    return errno_error("making memory for records");
  TRY(log.grow(record_log_step));
  return log;
}

Result<> RecordLog::grow(std::size_t size) {
  if (size > max_size)
    return invalid("more records than fit", std::errc::no_buffer_space);
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) < 0)
    return errno_error("making room for records");
  mapping_ = TRY(map(fd_.get(), size, PROT_READ | PROT_WRITE));
  return {};
}

// The length is what makes it a record: it is written last.
Result<RecordLog::Extent> RecordLog::append(Bytes record) {
  if (record.empty() || record.size() > max_record)
    return invalid("a record of this size", std::errc::message_size);
  const Extent extent{end_, sizeof(RecordLength) + record.size()};
  if (const auto needed = end_ + extent.size; needed > mapping_.get_deleter().size)
    TRY(grow((needed / record_log_step + 1) * record_log_step));
  auto* at = mapping_.get() + extent.at;
  std::memcpy(at + sizeof(RecordLength), record.data(), record.size());
  std::atomic_signal_fence(std::memory_order_release);
  const auto length = static_cast<RecordLength>(record.size());
  std::memcpy(at, &length, sizeof length);
  end_ += extent.size;
  return extent;
}

RecordLog::Bytes RecordLog::record_at(Extent extent) const {
  return {mapping_.get() + extent.at + sizeof(RecordLength), extent.size - sizeof(RecordLength)};
}

Result<> RecordLog::read(int fd, const std::function<void(Bytes)>& use) {
  struct stat status {};
  if (::fstat(fd, &status) < 0)
    return errno_error("looking at records");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > max_size)
    return invalid("this is no memory with records");
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    return invalid("memory with records is not sealed");
  if (size == 0)
    return {};
  const auto mapping = TRY(map(fd, size, PROT_READ));
  Bytes left(mapping.get(), size);
  RecordLength length = 0;
  while (left.size() >= sizeof length) {
    std::memcpy(&length, left.data(), sizeof length);
    left = left.subspan(sizeof length);
    if (length == 0)
      return {};
    if (length > std::min(left.size(), max_record))
      return invalid("a record is cut short");
    use(left.first(length));
    left = left.subspan(length);
  }
  return {};
}

} // namespace ktls
