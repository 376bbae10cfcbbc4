// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/userdb.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace ktls {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr const char* context = "asking userdb";
constexpr std::string_view error_prefix = "io.systemd.UserDatabase.";

// Until `fd` is ready for these events of poll(2).
Result<> wait_for(int fd, short events, steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd ready{fd, events, 0};
    const int count =
        left.count() <= 0
            ? 0
            : ::poll(&ready, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (count > 0)
      return {};
    if (count == 0)
      return errno_error(context, ETIMEDOUT);
    if (errno != EINTR)
      return errno_error(context);
  }
}

// None: nobody provides the service.
Result<std::optional<Fd>> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return errno_error(context, ENAMETOOLONG);
  std::ranges::copy(path, std::begin(address.sun_path));
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd)
    return errno_error(context);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  if (errno == ENOENT)
    return std::nullopt;
  if (errno == ECONNREFUSED)
    return errno_error(fmt::format("{} at {}: start systemd-userdbd.socket, or remove what it left "
                                   "behind",
                                   context, path),
                       ECONNREFUSED);
  return errno_error(fmt::format("{} at {}", context, path));
}

Result<> send_all(int fd, std::string_view bytes, steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    TRY(wait_for(fd, POLLOUT, deadline));
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return errno_error(context);
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
  return {};
}

Result<std::string> receive_message(int fd, steady_clock::time_point deadline) {
  std::string out;
  std::array<char, 8192> buffer{};
  for (;;) {
    TRY(wait_for(fd, POLLIN, deadline));
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0)
      return errno_error(context, got < 0 ? errno : ECONNRESET);
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (const auto end = out.find('\0'); end != std::string::npos) {
      out.resize(end);
      return out;
    }
    if (out.size() > max_user_record)
      return errno_error(context, EMSGSIZE);
  }
}

Unexpected garbage(const char* what) {
  return invalid(fmt::format("{}: {} is not what it should be", context, what),
                 std::errc::bad_message);
}

// Absent is what it was; null counts as absent.
Result<> read_time(const json& section, const char* key, std::optional<microseconds>& time,
                   bool latest) {
  const auto found = section.find(key);
  if (found == section.end() || found->is_null())
    return {};
  if (!found->is_number_unsigned())
    return garbage(key);
  const auto bound = static_cast<std::uint64_t>(microseconds::max().count());
  const microseconds value(
      static_cast<microseconds::rep>(std::min(found->get<std::uint64_t>(), bound)));
  time = !time ? value : latest ? std::max(*time, value) : std::min(*time, value);
  return {};
}

Result<> read_section(const json& section, UserdbFacts& facts) {
  if (!section.is_object())
    return garbage("a section");
  if (const auto locked = section.find("locked"); locked != section.end() && !locked->is_null()) {
    if (!locked->is_boolean())
      return garbage("locked");
    facts.locked = facts.locked || locked->get<bool>();
  }
  TRY(read_time(section, "notBeforeUSec", facts.not_before, true));
  return read_time(section, "notAfterUSec", facts.not_after, false);
}

Result<std::optional<UserdbFacts>> read_error(const std::string& name) {
  if (name == std::string(error_prefix) + "NoRecordFound")
    return std::nullopt;
  return errno_error(fmt::format("{}: {}", context, escape(name, 128)), EPROTO);
}

} // namespace

// What a section for some machines says counts for all of them: the strictest of all.
Result<std::optional<UserdbFacts>> read_user_record(std::string_view answer) {
  const auto message = json::parse(answer, nullptr, false);
  if (!message.is_object())
    return garbage("the answer");
  if (const auto error = message.find("error"); error != message.end() && !error->is_null())
    return error->is_string() ? read_error(error->get<std::string>()) : garbage("error");
  const auto parameters = message.find("parameters");
  if (parameters == message.end() || !parameters->is_object())
    return garbage("parameters");
  const auto record = parameters->find("record");
  if (record == parameters->end())
    return garbage("record");
  UserdbFacts facts;
  TRY(read_section(*record, facts));
  if (const auto sections = record->find("perMachine"); sections != record->end()) {
    if (!sections->is_array())
      return garbage("perMachine");
    for (const auto& section : *sections)
      TRY(read_section(section, facts));
  }
  return facts;
}

Result<std::optional<UserdbFacts>> userdb_of(const std::string& user, uid_t uid,
                                             steady_clock::time_point deadline,
                                             const std::string& socket) {
  const auto fd = TRY(connect_to(socket));
  if (!fd)
    return std::nullopt;
  const json request{
      {"method", "io.systemd.UserDatabase.GetUserRecord"},
      {"parameters", {{"uid", uid}, {"userName", user}, {"service", "io.systemd.Multiplexer"}}}};
  // a name that is no UTF-8 is nobody's there
  std::string text = request.dump(-1, ' ', true, json::error_handler_t::replace);
  text += '\0';
  TRY(send_all(fd->get(), text, deadline));
  return read_user_record(TRY(receive_message(fd->get(), deadline)));
}

} // namespace ktls
