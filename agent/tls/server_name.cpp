// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/server_name.hpp"

#include <vector>

#include "base/host_name.hpp"
#include "base/text.hpp"
#include "tls/hello.hpp"
#include "tls/tls_reader.hpp"

namespace ktls::tls {
namespace {

constexpr std::uint32_t server_name_extension = 0;
constexpr std::uint32_t host_name_type = 0;
constexpr std::size_t record_head = 5;
constexpr std::size_t message_head = 4;

// RFC 8446, section 5.1: a message may be spread over records, with nothing in between.
struct Collected {
  std::vector<std::byte> message; // with its head
  bool is_handshake = true;       // all records so far
};
Collected collect(std::span<const std::byte> received) {
  Collected out;
  while (received.size() >= record_head && out.is_handshake) {
    TlsReader head(received.first(record_head));
    out.is_handshake = head.number(1) == handshake_record_type;
    (void)head.number(2);
    const std::size_t size = head.number(2);
    const auto content = received.subspan(record_head);
    const auto there = content.first(std::min(size, content.size()));
    if (out.is_handshake)
      out.message.insert(out.message.end(), there.begin(), there.end());
    received = content.subspan(there.size());
  }
  return out;
}

std::string name_in_extension(std::span<const std::byte> extension) {
  TlsReader list(TlsReader(extension).vector(2));
  while (!list.at_end()) {
    const auto type = list.number(1);
    const auto value = list.vector(2);
    if (!list.ok() || type != host_name_type)
      continue;
    const auto name = HostName::parse({reinterpret_cast<const char*>(value.data()), value.size()});
    return name && !name->is_address() ? lower_case(name->text()) : "";
  }
  return {};
}

std::string name_in_hello(std::span<const std::byte> hello) {
  TlsReader reader(hello);
  (void)read_hello_head(HelloKind::ClientHello, reader);
  TlsReader extensions(reader.vector(2));
  while (!extensions.at_end()) {
    const auto type = extensions.number(2);
    const auto content = extensions.vector(2);
    if (type == server_name_extension && extensions.ok())
      return name_in_extension(content);
  }
  return {};
}

} // namespace

std::optional<std::string> server_name_in(std::span<const std::byte> received) {
  const auto collected = collect(received);
  const auto& message = collected.message;
  const bool is_full = received.size() >= max_client_hello || !collected.is_handshake;
  if (!received.empty() && std::to_integer<std::uint32_t>(received[0]) != handshake_record_type)
    return "";
  if (message.size() < message_head)
    return is_full ? std::optional<std::string>("") : std::nullopt;
  TlsReader head(message);
  const auto type = head.number(1);
  const std::size_t size = head.number(3);
  if (type != client_hello_type || size > max_client_hello)
    return "";
  if (message.size() < message_head + size)
    return is_full ? std::optional<std::string>("") : std::nullopt;
  return name_in_hello(std::span(message).subspan(message_head, size));
}

} // namespace ktls::tls
