// SPDX-License-Identifier: GPL-2.0-or-later
// KeyLogFile: secrets of sessions in the NSS Key Log Format (SSLKEYLOGFILE), a line each.
#pragma once

#include <span>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "ipc/key_log_entry.hpp"

namespace ktls {

class KeyLogFile {
public:
  // Bytes of a line with its end.
  static constexpr std::size_t max_line = 256;

  // Lines come behind what is there. The file is made if it is not there, readable by our user
  // alone; one that is anything but that is refused, and so is a directory that others can change,
  // and a file system that may wait for another machine or for another process.
  static Result<KeyLogFile> open(const std::string& path);
  // The same, as far as it can be told without making the file.
  static Result<> check_place(const std::string& path, uid_t user);

  // What cannot be written at once is lost; that is logged when it begins and when it is over.
  void write(const ipc::KeyLogEntry& entry);
  [[nodiscard]] std::size_t lost() const { return lost_; } // since the last one that was written

private:
  KeyLogFile(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;
  Fd fd_;
  bool torn_ = false; // the last line has no end
  std::size_t lost_ = 0;
};

// With its end: "CLIENT_RANDOM 00.. 11..\n". The number of bytes that were written to `line`.
std::size_t put_key_log_line(const ipc::KeyLogEntry& entry,
                             std::span<char, KeyLogFile::max_line> line);

} // namespace ktls
