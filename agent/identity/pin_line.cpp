// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pin_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "identity/name_text.hpp"
#include "identity/user_name.hpp"
#include "identity/wrong.hpp"
#include "policy/pin.hpp"

namespace ktls::identity {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t max_word_shown = 64;

void skip_blanks(std::string_view& left) {
  left.remove_prefix(std::min(left.find_first_not_of(blanks), left.size()));
}

// Empty: there is none.
std::string_view take_word(std::string_view& left) {
  skip_blanks(left);
  const auto word = left.substr(0, left.find_first_of(blanks));
  left.remove_prefix(word.size());
  return word;
}

// In quotes; in them a '\' belongs to the next character, as in RFC 4514, which has '"' so as well.
std::optional<std::string_view> take_quoted(std::string_view& left) {
  skip_blanks(left);
  if (!left.starts_with('"'))
    return std::nullopt;
  for (std::size_t i = 1; i < left.size(); ++i) {
    if (left[i] == '\\') {
      ++i;
    } else if (left[i] == '"') {
      const auto inner = left.substr(1, i - 1);
      left.remove_prefix(i + 1);
      return inner;
    }
  }
  return std::nullopt;
}

// As PeerIdentity has it.
std::optional<std::string> parse_serial(std::string_view text) {
  constexpr std::size_t most = 128; // three times what RFC 5280 allows
  std::string digits;
  for (const char c : lower_case(text)) {
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!is_digit && c != ':')
      return std::nullopt;
    if (is_digit)
      digits += c;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (text.empty() || text.find_first_not_of(':') == std::string_view::npos || digits.size() > most)
    return std::nullopt;
  if (digits.empty())
    return "00";
  return (digits.size() % 2 == 0 ? "" : "0") + digits;
}

struct KindRow {
  std::string_view word;
  PinKind kind;
};
constexpr std::array<KindRow, pin_kinds> kind_table{{
    {"cert", PinKind::Certificate},
    {"key", PinKind::Key},
    {"issued", PinKind::Issued},
}};

// Unexpected: what is wrong.
tl::expected<void, std::string> read_issued(std::string_view& left, PinLine& to) {
  const auto serial = parse_serial(take_word(left));
  if (!serial)
    return wrong("the serial number must be hexadecimal digits");
  const auto issuer = take_quoted(left);
  if (!issuer || issuer->empty())
    return wrong("the issuer must be in quotes: \"CN=Example CA,O=Example\"");
  const auto name = canonical_name(*issuer);
  if (!name)
    return wrong("the issuer has a '\\' that has no meaning (RFC 4514)");
  to.serial = *serial;
  to.issuer = *name;
  return {};
}

} // namespace

tl::expected<std::optional<PinLine>, std::string> PinLine::parse(std::string_view line) {
  std::string_view left = line;
  const auto word = take_word(left);
  if (word.empty() || word.starts_with('#'))
    return std::nullopt;
  if (line.size() > max_size)
    return wrong(fmt::format("has more than {} bytes", max_size));
  const auto* row = std::ranges::find(kind_table, word, &KindRow::word);
  if (row == kind_table.end())
    return wrong(
        fmt::format("\"{}\" is not one of: cert, key, issued", escape(word, max_word_shown)));
  PinLine out;
  out.kind = row->kind;
  const auto hash = policy::parse_pin(take_word(left));
  if (!hash)
    return wrong("must have a SHA-256 in hexadecimal digits behind \"" + std::string(word) + "\"");
  out.hash = *hash;
  if (out.kind == PinKind::Issued) {
    if (auto read = read_issued(left, out); !read)
      return wrong(std::move(read).error());
  }
  out.user = take_word(left);
  const auto behind = take_word(left);
  if (out.user.empty() || out.user.starts_with('#'))
    return wrong(fmt::format("must have a user at the end, or {}", deny_user));
  if (!behind.empty() && !behind.starts_with('#'))
    return wrong("has something behind the user");
  const auto flaw = out.user == deny_user ? "" : flaw_of_user_name(out.user);
  if (!flaw.empty())
    return wrong(fmt::format("\"{}\" cannot be the name of a user: it {}",
                             escape(out.user, max_word_shown), flaw));
  return out;
}

std::string PinLine::text() const {
  const auto issued = kind == PinKind::Issued ? fmt::format(" {} \"{}\"", serial, issuer) : "";
  return fmt::format("{} {}{} {}", std::ranges::find(kind_table, kind, &KindRow::kind)->word,
                     policy::pin_text(hash), issued, user);
}

std::optional<tls::Sha256> PinLine::key() const {
  if (kind != PinKind::Issued)
    return hash;
  // one text for each three values: the hash has a fixed length, and no serial number a '/'
  const auto all = fmt::format("{}{}/{}", policy::pin_text(hash), serial, issuer);
  const auto hashed = tls::sha256(std::as_bytes(std::span(all)));
  return hashed ? std::optional(*hashed) : std::nullopt;
}

} // namespace ktls::identity
