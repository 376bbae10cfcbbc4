// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktls/clear_end.hpp"

#include <sys/socket.h>

#include <array>

#include "ktls/socket_check.hpp"

namespace ktls {
namespace {

constexpr std::uint8_t warning = 1;
constexpr std::uint8_t fatal = 2;
constexpr std::uint8_t close_notify = 0;
constexpr std::uint8_t user_canceled = 90;

void append_record(std::vector<std::byte>& out, std::uint8_t level, std::uint8_t description) {
  // content type alert, legacy_record_version, length (RFC 8446, section 5.1)
  const std::array<std::uint8_t, 7> record{21, 3, 3, 0, 2, level, description};
  for (const auto byte : record)
    out.push_back(std::byte{byte});
}

} // namespace

std::vector<std::byte> alert_records(std::uint8_t alert) {
  std::vector<std::byte> out;
  // "This alert SHOULD be followed by a "close_notify". This alert generally has
  // AlertLevel=warning." (RFC 8446, section 6.1)
  append_record(out, alert == user_canceled ? warning : fatal, alert);
  if (alert == user_canceled)
    append_record(out, warning, close_notify);
  return out;
}

void end_with_alert(int socket, std::uint8_t alert) {
  const auto records = alert_records(alert);
  (void)::send(socket, records.data(), records.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  discard_input(socket);
  (void)::shutdown(socket, SHUT_RDWR);
}

void end_unbegun(int socket, Reason reason) {
  const auto alert = facts(reason).alert;
  if (alert && classify_socket(socket) == Reason::Success)
    end_with_alert(socket, *alert);
  else
    (void)::shutdown(socket, SHUT_RDWR);
}

void discard_input(int socket) {
  constexpr int max_reads = 16;
  std::array<std::byte, 4096> unread{};
  for (int i = 0; i < max_reads; ++i) {
    if (::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT) <= 0)
      return;
  }
}

} // namespace ktls
