// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/key_log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/secure_path.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

// By ipc::KeyLabel.
constexpr std::array<std::string_view, 9> key_label_names{"",
                                                          "CLIENT_RANDOM",
                                                          "CLIENT_EARLY_TRAFFIC_SECRET",
                                                          "EARLY_EXPORTER_SECRET",
                                                          "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                                          "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                                          "CLIENT_TRAFFIC_SECRET_0",
                                                          "SERVER_TRAFFIC_SECRET_0",
                                                          "EXPORTER_SECRET"};

// Not all of them are in <linux/magic.h>.
constexpr std::array<unsigned long, 9> waiting_file_systems{
    NFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, CODA_SUPER_MAGIC,
    V9FS_MAGIC,      CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,  FUSE_SUPER_MAGIC};

Unexpected unfit_for_keys(const std::string& path, const std::string& why) {
  return invalid(fmt::format("{}: {}", path, why));
}

Result<> check_key_directory(const std::filesystem::path& directory, uid_t user) {
  TRY(check_secure_path(directory, user));
  struct stat status {};
  if (::stat(directory.c_str(), &status) < 0)
    return errno_error(directory);
  if (!S_ISDIR(status.st_mode))
    return unfit_for_keys(directory, "it is no directory");
  // not even with the sticky bit: others could have made the file
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return unfit_for_keys(directory, "keys are not logged where others can make files: chmod "
                                     "go-w it, or name another directory");
  return {};
}

Result<> check_key_file(const std::string& path, const struct stat& status, uid_t user) {
  if (!S_ISREG(status.st_mode))
    return unfit_for_keys(path, "keys are logged to a file, which this is not");
  if (status.st_uid != user)
    return unfit_for_keys(path,
                          fmt::format("it has to belong to uid {}, as which ktlsd runs", user));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return unfit_for_keys(path, "others may read or write it: chmod go= it");
  if (status.st_nlink != 1)
    return unfit_for_keys(path, "it has another name besides: remove it");
  return {};
}

Result<> check_key_file_system(const std::string& path, int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) < 0)
    return errno_error(path);
  const auto type = static_cast<unsigned long>(status.f_type);
  if (std::ranges::find(waiting_file_systems, type) != waiting_file_systems.end())
    return unfit_for_keys(path, "handshakes could have to wait for this file system: name a "
                                "local one");
  return {};
}

char* put_hexadecimal(std::span<const std::uint8_t> bytes, char* at) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto byte : bytes) {
    *at++ = digits[byte >> 4U];
    *at++ = digits[byte & 0xfU];
  }
  return at;
}

} // namespace

std::size_t put_key_log_line(const ipc::KeyLogEntry& entry,
                             std::span<char, KeyLogFile::max_line> line) {
  const auto name = key_label_names.at(static_cast<std::size_t>(entry.label));
  static_assert(sizeof "CLIENT_HANDSHAKE_TRAFFIC_SECRET" + 2 * sizeof entry.client_random + 1 +
                    2 * sizeof entry.secret + 1 <=
                KeyLogFile::max_line);
  char* at = std::ranges::copy(name, line.data()).out;
  *at++ = ' ';
  at = put_hexadecimal(entry.client_random, at);
  *at++ = ' ';
  at = put_hexadecimal(std::span(entry.secret).first(entry.size), at);
  *at++ = '\n';
  return static_cast<std::size_t>(at - line.data());
}

Result<> KeyLogFile::check_place(const std::string& path, uid_t user) {
  TRY(check_key_directory(std::filesystem::path(path).parent_path(), user));
  struct stat status {};
  if (::lstat(path.c_str(), &status) < 0)
    return errno == ENOENT ? Result<>{} : errno_error(path);
  return check_key_file(path, status, user);
}

Result<KeyLogFile> KeyLogFile::open(const std::string& path) {
  TRY(check_key_directory(std::filesystem::path(path).parent_path(), ::geteuid()));
  // not to wait for a reader, should it be a named pipe
  Fd fd(::open(path.c_str(),
               O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
               S_IRUSR | S_IWUSR));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) < 0)
    return errno_error(path);
  TRY(check_key_file(path, status, ::geteuid()));
  TRY(check_key_file_system(path, fd.get()));
  return KeyLogFile(path, std::move(fd));
}

void KeyLogFile::write(const ipc::KeyLogEntry& entry) {
  std::array<char, max_line + 1> line{'\n'}; // the end of one that was torn
  const std::span<char, max_line> behind(line.data() + 1, max_line);
  const auto size = put_key_log_line(entry, behind);
  const std::size_t skipped = torn_ ? 0 : 1;
  const auto wanted = size + 1 - skipped;
  const ssize_t written = ::write(fd_.get(), line.data() + skipped, wanted);
  const int error = errno;
  wipe(std::as_writable_bytes(std::span(line)));
  const bool whole = written == static_cast<ssize_t>(wanted);
  torn_ = written > 0 ? !whole : torn_;
  if (whole && lost_ > 0)
    log::warning("{}: {} secrets could not be logged; now they can", escape(path_), lost_);
  if (!whole && lost_ == 0)
    log::warning("{}: secrets cannot be logged ({}); handshakes go on", escape(path_),
                 written < 0 ? std::generic_category().message(error) : "there is no room");
  lost_ = whole ? 0 : lost_ + 1;
}

} // namespace ktls
