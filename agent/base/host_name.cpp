// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/host_name.hpp"

#include <arpa/inet.h>

namespace ktls {
namespace {

bool is_dns_name(std::string_view name) {
  // RFC 1035, section 2.3.4: labels 63 octets or less, names 255 octets or less (253 as text)
  constexpr std::size_t max_name = 253;
  constexpr std::size_t max_label = 63;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty() || name.size() > max_name ||
      name.find_first_not_of(allowed) != std::string_view::npos)
    return false;
  std::size_t start = 0;
  while (start <= name.size()) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    const auto label = name.substr(start, dot - start);
    if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-')
      return false;
    start = dot + 1;
  }
  // all digits and dots: an address that is none, such as 1.2.3.4.5
  return name.find_first_not_of("0123456789.") != std::string_view::npos;
}

} // namespace

std::optional<HostName> HostName::parse(std::string_view text) {
  const bool brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (brackets)
    text = text.substr(1, text.size() - 2);
  if (text.find('\0') != std::string_view::npos)
    return std::nullopt;

  HostName host;
  host.text_ = text;
  if (::inet_pton(AF_INET6, host.text_.c_str(), host.address_.data()) == 1) {
    host.address_size_ = sizeof(in6_addr);
    return host;
  }
  if (brackets)
    return std::nullopt;
  if (::inet_pton(AF_INET, host.text_.c_str(), host.address_.data()) == 1) {
    host.address_size_ = sizeof(in_addr);
    return host;
  }
  if (host.text_.ends_with('.'))
    host.text_.pop_back();
  if (!is_dns_name(host.text_))
    return std::nullopt;
  return host;
}

} // namespace ktls
