// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ktls {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t v4_size = 4;

} // namespace

IpAddress IpAddress::of_v6(const Bytes& bytes) {
  if (!std::equal(mapped.begin(), mapped.end(), bytes.begin()))
    return {false, bytes};
  Bytes v4{};
  std::copy(bytes.begin() + mapped.size(), bytes.end(), v4.begin());
  return {true, v4};
}

std::optional<IpAddress> IpAddress::of(const sockaddr_storage& address) {
  Bytes bytes{};
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    return IpAddress(true, bytes);
  }
  if (address.ss_family != AF_INET6)
    return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return of_v6(bytes);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos)
    return std::nullopt;
  Bytes bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1)
    return IpAddress(true, bytes);
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1)
    return of_v6(bytes);
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  (void)::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), out.data(), out.size());
  return out.data();
}

sockaddr_storage IpAddress::with_port(std::uint16_t port) const {
  sockaddr_storage out{};
  if (v4_) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, bytes_.data(), sizeof in.sin_addr);
    std::memcpy(&out, &in, sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, bytes_.data(), sizeof in.sin6_addr);
    std::memcpy(&out, &in, sizeof in);
  }
  return out;
}

IpAddress IpAddress::filled(unsigned length, std::uint8_t with) const {
  constexpr unsigned byte_bits = 8;
  auto bytes = bytes_;
  const std::size_t size = v4_ ? v4_size : bytes.size();
  for (std::size_t i = length / byte_bits; i < size; ++i) {
    const unsigned kept = i == length / byte_bits ? length % byte_bits : 0;
    const auto mask = static_cast<std::uint8_t>(0xffU >> kept); // of what is replaced
    bytes.at(i) = static_cast<std::uint8_t>((bytes.at(i) & ~mask) | (with & mask));
  }
  return {v4_, bytes};
}

} // namespace ktls
