// SPDX-License-Identifier: GPL-2.0-or-later
// RecordLog: records in a memfd, one behind the other, for a process that comes later. Whatever
// ends this one, those that append() has returned for are whole.
//
// A record is its length, 32 bits in this machine's order, and its bytes; a length of 0 is the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

class RecordLog {
public:
  using Bytes = std::span<const std::uint8_t>;
  static constexpr std::size_t max_record = std::size_t{1} << 20U;
  static constexpr std::size_t max_size = std::size_t{1} << 30U;
  // Where a record is, with its length.
  struct Extent {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  static Result<RecordLog> create();
  Result<Extent> append(Bytes record);
  [[nodiscard]] Bytes record_at(Extent extent) const;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::size_t size() const { return end_; } // written

  // Those in a memfd from anywhere, up to the first that is not whole.
  static Result<> read(int fd, const std::function<void(Bytes)>& use);

private:
  struct Unmap {
    std::size_t size;
    void operator()(std::uint8_t* mapped) const;
  };
  using Mapping = std::unique_ptr<std::uint8_t, Unmap>;

  explicit RecordLog(Fd fd) : fd_(std::move(fd)) {}
  static Result<Mapping> map(int fd, std::size_t size, int protection);
  Result<> grow(std::size_t size);

  Fd fd_;
  Mapping mapping_{nullptr, Unmap{0}};
  std::size_t end_ = 0;
};

} // namespace ktls
