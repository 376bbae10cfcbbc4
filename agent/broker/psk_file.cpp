// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/psk_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/key_file.hpp"

namespace ktls {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

Result<Secret> from_hexadecimal(std::string_view text) {
  if (text.size() % 2 != 0 || text.size() < 2 * tls::min_psk_size ||
      text.size() > 2 * tls::max_psk_size)
    return invalid(fmt::format("the key must have {} to {} bytes, in hexadecimal",
                               tls::min_psk_size, tls::max_psk_size));
  auto key = TRY(Secret::create(text.size() / 2));
  auto out = key.bytes().begin();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0)
      return invalid("the key is not hexadecimal");
    *out++ = static_cast<std::byte>(high * 16 + low);
  }
  return key;
}

Result<tls::Psk> parse_line(std::string_view line) {
  const auto colon = line.rfind(':');
  if (colon == std::string_view::npos)
    return invalid("not \"identity:key\"");
  const auto identity = line.substr(0, colon);
  if (identity.empty() || identity.size() > tls::max_psk_identity ||
      identity.find('\0') != std::string_view::npos)
    return invalid(fmt::format("the identity must have 1 to {} bytes", tls::max_psk_identity));
  auto key = TRY(from_hexadecimal(line.substr(colon + 1)));
  return tls::Psk{std::string(identity), std::move(key)};
}

} // namespace

Result<PskFile> PskFile::parse(std::string_view text) {
  PskFile file;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty() || line.front() == '#')
      continue;
    const std::string where = fmt::format("line {}", number);
    auto key = parse_line(line);
    if (!key)
      return add_context(std::move(key).error(), where);
    if (file.find(key->identity))
      return invalid(where + ": the identity is in the file twice");
    if (file.keys_.size() == max_keys)
      return invalid(fmt::format("{}: more than {} keys", where, max_keys));
    file.keys_.push_back(std::move(*key));
  }
  if (file.keys_.empty())
    return invalid("no key in it");
  return file;
}

Result<PskFile> PskFile::read(const std::string& path) {
  const auto file = TRY(read_key_file(path));
  const auto bytes = file.bytes();
  return parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<tls::Psk> PskFile::find(std::string_view identity) const {
  const auto found = identity.empty()
                         ? keys_.begin()
                         : std::find_if(keys_.begin(), keys_.end(), [&](const tls::Psk& key) {
                             return key.identity == identity;
                           });
  if (found == keys_.end())
    return invalid("no such identity", std::errc::permission_denied);
  auto key = TRY(Secret::create(found->key.bytes().size()));
  std::ranges::copy(found->key.bytes(), key.bytes().begin());
  return tls::Psk{found->identity, std::move(key)};
}

std::string_view PskFile::first_with_sha384() const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [](const tls::Psk& key) {
    return tls::psk_hash(key.identity) == tls::PskHash::WithSha384;
  });
  return found == keys_.end() ? std::string_view() : std::string_view(found->identity);
}

} // namespace ktls
