// SPDX-License-Identifier: GPL-2.0-or-later
#include "signer/token_url.hpp"

#include <algorithm>

namespace ktls {
namespace {

std::optional<unsigned> hex_digit(char c) {
  constexpr std::string_view digits("0123456789abcdef");
  const auto found = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  return found == std::string_view::npos ? std::nullopt : std::optional(unsigned(found));
}

// RFC 3986, section 2.1; NUL has no place in a PIN or a path. A Secret, as it may be a PIN.
Result<Secret> decode_percent(std::string_view text) {
  if (text.empty())
    return invalid("a value in the query part of a token URL is empty");
  auto out = TRY(Secret::create(text.size()));
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high || !low)
        return invalid("a token URL has a wrong %-sequence in its query part");
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (c == '\0')
      return invalid("a token URL has a zero byte in its query part");
    out.bytes()[size++] = static_cast<std::byte>(c);
  }
  auto exact = TRY(Secret::create(size));
  std::copy_n(out.bytes().begin(), size, exact.bytes().begin());
  return exact;
}

// An absolute path, also as a file: URL without a host.
Result<std::string> path_of(const Secret& value) {
  const auto bytes = value.bytes();
  std::string path(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const std::string_view prefix : {"file://", "file:"}) {
    if (path.starts_with(prefix)) {
      path.erase(0, prefix.size());
      break;
    }
  }
  if (!path.starts_with('/'))
    return invalid("pin-source must be the absolute path of a file");
  return path;
}

} // namespace

Result<TokenUrl> parse_token_url(std::string_view url) {
  const auto question = url.find('?');
  TokenUrl out{std::string(url.substr(0, question)), std::nullopt, std::nullopt};
  if (out.key.find("pin-value") != std::string::npos ||
      out.key.find("pinfile") != std::string::npos)
    return invalid("pin-value and pin-source belong behind a '?' at the end of the token URL");
  std::string_view query = question == std::string_view::npos ? "" : url.substr(question + 1);
  while (!query.empty()) {
    const auto attribute = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(attribute.size() + 1, query.size()));
    const auto equals = attribute.find('=');
    const auto name = attribute.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view() : attribute.substr(equals + 1);
    if (name == "pin-value" && !out.pin) {
      auto pin = TRY(decode_percent(value));
      if (pin.bytes().size() > max_pin_size)
        return invalid("a PIN is too long");
      out.pin = std::move(pin);
    } else if (name == "pin-source" && !out.pin_source) {
      const auto path = TRY(decode_percent(value));
      out.pin_source = TRY(path_of(path));
    } else
      return invalid("the query part of a token URL may have one pin-value or pin-source, and "
                     "nothing else: modules are configured for p11-kit");
  }
  if (out.pin && out.pin_source)
    return invalid("a token URL has both pin-value and pin-source");
  return out;
}

Result<Secret> pin_from_file(const Secret& content) {
  auto bytes = content.bytes();
  while (!bytes.empty() && (bytes.back() == std::byte{'\n'} || bytes.back() == std::byte{'\r'}))
    bytes = bytes.first(bytes.size() - 1);
  const auto unfit = [](std::byte b) { return b == std::byte{'\n'} || b == std::byte{0}; };
  if (bytes.empty() || bytes.size() > max_pin_size ||
      std::any_of(bytes.begin(), bytes.end(), unfit))
    return invalid("the file of pin-source must hold a PIN on one line");
  auto pin = TRY(Secret::create(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), pin.bytes().begin());
  return pin;
}

} // namespace ktls
