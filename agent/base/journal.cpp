// SPDX-License-Identifier: GPL-2.0-or-later
// sd_journal_send() would do the same, but waits for a journal that hangs.
#include "base/journal.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/fd.hpp"

namespace ktls::journal {
namespace {

constexpr std::string_view socket_path = "/run/systemd/journal/socket";

void append(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  out += name;
  if (value.find('\n') == std::string_view::npos) {
    out.append("=").append(value).append("\n");
    return;
  }
  // a length of 64 bits, little-endian
  out += '\n';
  for (unsigned shift = 0; shift < 64; shift += 8)
    out += static_cast<char>(value.size() >> shift & 0xffU);
  out.append(value).append("\n");
}

bool send(std::string_view record) {
  static const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(socket_path, std::begin(address.sun_path));
  return ::sendto(socket.get(), record.data(), record.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                  reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0;
}

} // namespace

std::string encode(log::Level level, std::string_view text, std::span<const Field> fields) {
  std::string out;
  append(out, "PRIORITY", std::to_string(static_cast<int>(level)));
  append(out, "SYSLOG_IDENTIFIER", program_invocation_short_name);
  append(out, "MESSAGE", text);
  for (const auto& [name, value] : fields)
    append(out, name, value);
  return out;
}

bool leads_to_journal(int fd, const char* journal_stream) {
  struct stat status {};
  if (journal_stream == nullptr || ::fstat(fd, &status) < 0)
    return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == journal_stream;
}

void write(log::Level level, std::string_view text, std::span<const Field> fields) {
  static const bool to_journal = leads_to_journal(
      STDERR_FILENO, std::getenv("JOURNAL_STREAM")); // NOLINT: no other thread sets
  if (!to_journal || !send(encode(level, text, fields)))
    log::write_always(level, text);
}

} // namespace ktls::journal
