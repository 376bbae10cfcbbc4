// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/user_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/user_name.hpp"
#include "identity/wrong.hpp"

namespace ktls::identity {
namespace {

using From = UserTemplate::From;

constexpr std::size_t max_text = 512;

struct FromRow {
  std::string_view name;
  From from;
};
// sss-certmap(5)
constexpr std::array<FromRow, 5> from_table{{
    {"subject_nt_principal.short_name", From::NtPrincipal},
    {"subject_pkinit_principal.short_name", From::Pkinit},
    {"subject_principal.short_name", From::Principal},
    {"subject_rfc822_name.short_name", From::Email},
    {"subject_dns_name.short_name", From::Dns},
}};
constexpr std::string_view component_prefix = "subject_dn_component.";

std::string unknown(std::string_view name) {
  std::vector<std::string> known;
  known.reserve(from_table.size());
  for (const auto& row : from_table)
    known.push_back(fmt::format("{{{}}}", row.name));
  return fmt::format("{{{}}} is not one of: {}, {{{}CN}} and the like",
                     escape(name, max_value_shown), fmt::join(known, ", "), component_prefix);
}

// A name, and where it is one.
struct Parts {
  std::string_view name;
  std::string_view realm; // empty: none
};
Parts split(std::string_view text, From from) {
  if (from == From::Attribute)
    return {text, {}};
  // what is in front of the last '@' may have another one, which no user has
  const auto at = from == From::Dns ? text.find('.') : text.rfind('@');
  return at == std::string_view::npos ? Parts{text, {}}
                                      : Parts{text.substr(0, at), text.substr(at + 1)};
}

} // namespace

tl::expected<UserTemplate, std::string> UserTemplate::parse(std::string_view text,
                                                            std::string_view realm) {
  UserTemplate out;
  out.text_ = text;
  out.realm_ = lower_case(realm);
  if (text.size() > max_text)
    return wrong(fmt::format("has more than {} bytes", max_text));
  const auto open = text.find('{');
  const auto close = text.find('}');
  if (open == std::string_view::npos && close == std::string_view::npos) {
    if (auto flaw = flaw_of_user_name(text); !flaw.empty())
      return wrong("cannot be the name of a user: it " + flaw);
    if (!realm.empty())
      return wrong("has a realm, but takes no name from the certificate");
    return out;
  }
  if (close == std::string_view::npos || open == std::string_view::npos || close < open ||
      text.find_first_of("{}", open + 1) != close ||
      text.find_first_of("{}", close + 1) != std::string_view::npos)
    return wrong("must be the name of a user, or have one {...} in it");
  out.before_ = text.substr(0, open);
  out.behind_ = text.substr(close + 1);
  const auto name = text.substr(open + 1, close - open - 1);
  const auto* row = std::ranges::find(from_table, name, &FromRow::name);
  if (row != from_table.end()) {
    out.from_ = row->from;
    if (realm.empty())
      return wrong(fmt::format("needs a realm: without one, {{{}}} of any would do", name));
    return out;
  }
  out.attribute_ = name.substr(std::min(name.size(), component_prefix.size()));
  if (!name.starts_with(component_prefix) || !is_attribute_name(out.attribute_))
    return wrong(unknown(name));
  if (!realm.empty())
    return wrong("has a realm, which a part of the subject does not");
  out.from_ = From::Attribute;
  return out;
}

Fact<Texts> UserTemplate::names_in(const PeerIdentity& peer) const {
  switch (from_) {
  case From::Nothing:
    return Texts{};
  case From::NtPrincipal:
    return peer.upns;
  case From::Pkinit:
    return peer.principals;
  case From::Principal: {
    if (!peer.upns || !peer.principals)
      return peer.upns ? peer.principals : peer.upns;
    Texts both = *peer.upns;
    both.insert(both.end(), peer.principals->begin(), peer.principals->end());
    return both;
  }
  case From::Email:
    return peer.emails;
  case From::Dns:
    return peer.dns_names;
  case From::Attribute: {
    Texts values;
    for (const auto& [type, value] : peer.subject_attributes) {
      if (type != attribute_)
        continue;
      if (!value)
        return wrong(fmt::format("{} of its subject is no text", attribute_));
      values.push_back(*value);
    }
    return values;
  }
  }
  return Texts{};
}

Fact<std::vector<Candidate>> UserTemplate::expand(const PeerIdentity& peer) const {
  if (from_ == From::Nothing)
    return std::vector<Candidate>{{text_, ""}};
  const auto names = names_in(peer);
  if (!names)
    return wrong(names.error());
  std::vector<Candidate> out;
  for (const auto& text : *names) {
    const auto [name, realm] = split(text, from_);
    if (lower_case(realm) != realm_)
      continue;
    auto user = before_ + std::string(name) + behind_;
    const auto flaw = flaw_of_derived_name(user, name);
    if (!flaw.empty())
      return wrong(fmt::format("\"{}\" gives a name that {}", escape(text, max_value_shown), flaw));
    if (std::ranges::find(out, user, &Candidate::user) == out.end())
      out.push_back(
          {std::move(user), fmt::format("{}={}",
                                        from_ == From::Attribute ? std::string_view(attribute_)
                                                                 : std::string_view("name"),
                                        escape(text, max_value_shown))});
  }
  return out;
}

} // namespace ktls::identity
