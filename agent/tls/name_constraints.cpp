// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/name_constraints.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ktls::tls {
namespace {

using Type = GeneralName::Type;

enum class Match { No, Yes, Unclear }; // Unclear: one of the two is malformed

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}
bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && same_text(text.substr(text.size() - end.size()), end);
}

// Labels of letters, digits, '-' and '_', none of them empty.
bool is_host(std::string_view name) {
  bool label = false;
  for (const char c : name) {
    const bool ordinary =
        (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!ordinary && (c != '.' || !label))
      return false;
    label = ordinary;
  }
  return label;
}
bool is_below(std::string_view name, std::string_view domain) {
  return ends_with(name, domain) && name.size() > domain.size() &&
         name[name.size() - domain.size() - 1] == '.';
}

// A wildcard stands for each name that it matches: allowed only if all are, and forbidden if one
// is.
Match match_dns(std::string_view name, std::string_view base, bool excluding) {
  if (base.empty())
    return Match::Yes;
  // RFC 5280 has no leading dot here, but common practice has: only what is below
  const bool below_only = base.starts_with('.');
  if (below_only)
    base.remove_prefix(1);
  const bool wildcard = name.starts_with("*.");
  if (wildcard)
    name.remove_prefix(2);
  if (name.ends_with('.'))
    name.remove_suffix(1);
  if (!is_host(name) || !is_host(base))
    return Match::Unclear;
  if (is_below(name, base) || (same_text(name, base) && (wildcard || !below_only)))
    return Match::Yes;
  return excluding && wildcard && is_below(base, name) ? Match::Yes : Match::No;
}

// Of a mail address or a URI: one host, or with a leading dot those below.
Match match_host(std::string_view host, std::string_view base) {
  const bool below_only = base.starts_with('.');
  if (below_only)
    base.remove_prefix(1);
  if (!is_host(host) || !is_host(base))
    return Match::Unclear;
  const bool matches = below_only ? is_below(host, base) : same_text(host, base);
  return matches ? Match::Yes : Match::No;
}

struct Mailbox {
  std::string_view local;
  std::string_view host;
};
std::optional<Mailbox> read_mailbox(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos)
    return std::nullopt;
  return Mailbox{text.substr(0, at), text.substr(at + 1)};
}

Match match_email(std::string_view name, std::string_view base) {
  const auto mailbox = read_mailbox(name);
  if (!mailbox)
    return Match::Unclear;
  if (base.empty())
    return Match::Yes;
  if (base.find('@') == std::string_view::npos)
    return match_host(mailbox->host, base);
  const auto wanted = read_mailbox(base);
  if (!wanted)
    return Match::Unclear;
  const auto host = match_host(mailbox->host, wanted->host);
  return host == Match::Yes && mailbox->local != wanted->local ? Match::No : host;
}

// RFC 3986, section 3.2. None without an authority, or with an address for a host.
std::optional<std::string_view> host_of(std::string_view uri) {
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || uri.substr(colon + 1, 2) != "//")
    return std::nullopt;
  auto authority = uri.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  authority = authority.substr(0, authority.find(':'));
  const bool address = authority.find_first_not_of("0123456789.") == std::string_view::npos;
  if (address || !is_host(authority))
    return std::nullopt;
  return authority;
}

Match match_uri(std::string_view name, std::string_view base) {
  const auto host = host_of(name);
  if (!host)
    return Match::Unclear;
  return base.empty() ? Match::Yes : match_host(*host, base);
}

Match match_address(Bytes name, Bytes base) {
  if (base.size() != name.size() * 2)
    return name.size() == 4 || name.size() == 16 ? Match::No : Match::Unclear;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (((name[i] ^ base[i]) & base[name.size() + i]) != std::byte{0})
      return Match::No;
  }
  return Match::Yes;
}

// An address and a mask of ones before zeros.
bool is_network(Bytes bytes) {
  if (bytes.size() != 8 && bytes.size() != 32)
    return false;
  bool ended = false;
  for (const std::byte byte : bytes.subspan(bytes.size() / 2)) {
    for (unsigned bit = 8; bit-- > 0;) {
      const bool one = (std::to_integer<unsigned>(byte) >> bit & 1U) != 0;
      if (one && ended)
        return false;
      ended = !one;
    }
  }
  return true;
}

bool is_domain(std::string_view text) {
  return text.empty() || is_host(text.starts_with('.') ? text.substr(1) : text);
}

bool is_sound_base(Type type, Bytes value) {
  const auto text = text_of(value);
  switch (type) {
  case Type::Dns:
  case Type::Uri:
    return is_domain(text);
  case Type::Email: {
    const auto mailbox = read_mailbox(text);
    return mailbox ? is_host(mailbox->host) : is_domain(text);
  }
  case Type::Address:
    return is_network(value);
  default:
    return true;
  }
}

const char* noun(Type type) {
  switch (type) {
  case Type::Email:
    return "the mail address ";
  case Type::Dns:
    return "the DNS name ";
  case Type::Uri:
    return "the URI ";
  default:
    return "a name of the type ";
  }
}

std::string describe(const GeneralName& name) {
  switch (name.type) {
  case Type::Email:
  case Type::Dns:
  case Type::Uri:
    return noun(name.type) + escape(text_of(name.value), 100);
  case Type::Directory:
    return "the directory name";
  case Type::Address:
    return "the address";
  default:
    return noun(name.type) + std::to_string(static_cast<int>(name.type));
  }
}

std::optional<DistinguishedName> read_directory(Bytes value) {
  DerReader reader(value);
  auto name = DistinguishedName::parse(reader.take(der_tag::sequence));
  if (!reader.done())
    return std::nullopt;
  return name;
}

} // namespace

struct NameConstraints::Name {
  GeneralName name;
  const DistinguishedName* directory; // null where there is none
};

std::optional<std::vector<GeneralName>> read_general_names(Bytes content) {
  std::vector<GeneralName> names;
  DerReader reader(content);
  while (!reader.at_end()) {
    const auto element = reader.next();
    const unsigned number = element.tag & 0x1fU;
    const bool nested = number == 0 || (number >= 3 && number <= 5);
    const auto tag = nested ? der_tag::constructed(number) : der_tag::context(number);
    if (!reader.ok() || number > 8 || element.tag != tag)
      return std::nullopt;
    names.push_back({static_cast<Type>(number), element.content});
  }
  if (names.empty())
    return std::nullopt;
  return names;
}

bool NameConstraints::read_subtrees(Bytes content, Subtrees& to) {
  DerReader reader(content);
  while (!reader.at_end()) {
    DerReader subtree(reader.take(der_tag::sequence));
    const auto base = read_general_names(subtree.next().whole);
    // RFC 5280: "the minimum MUST be zero, and maximum MUST be absent"
    const auto minimum = subtree.take_if(der_tag::context(0));
    if ((minimum && small_number(*minimum) != 0U) || !subtree.done() || !base ||
        !is_sound_base(base->front().type, base->front().value))
      return false;
    Subtree read{base->front(), {}};
    if (read.base.type == Type::Directory) {
      auto name = read_directory(read.base.value);
      if (!name)
        return false;
      read.directory = *std::move(name);
    }
    to.push_back(std::move(read));
  }
  return reader.ok() && !to.empty();
}

std::optional<NameConstraints> NameConstraints::parse(Bytes extension) {
  NameConstraints constraints;
  DerReader outer(extension);
  DerReader reader(outer.take(der_tag::sequence));
  const auto permitted = reader.take_if(der_tag::constructed(0));
  const auto excluded = reader.take_if(der_tag::constructed(1));
  if (!outer.done() || !reader.done() || (!permitted && !excluded) ||
      (permitted && !read_subtrees(*permitted, constraints.permitted_)) ||
      (excluded && !read_subtrees(*excluded, constraints.excluded_)))
    return std::nullopt;
  return constraints;
}

namespace {

Match match(const GeneralName& name, const DistinguishedName* directory, const GeneralName& base,
            const DistinguishedName& base_directory, bool excluding) {
  switch (name.type) {
  case Type::Dns:
    return match_dns(text_of(name.value), text_of(base.value), excluding);
  case Type::Email:
    return match_email(text_of(name.value), text_of(base.value));
  case Type::Uri:
    return match_uri(text_of(name.value), text_of(base.value));
  case Type::Address:
    return match_address(name.value, base.value);
  case Type::Directory:
    if (directory == nullptr)
      return Match::Unclear;
    return directory->is_within(base_directory) ? Match::Yes : Match::No;
  default:
    return Match::Unclear;
  }
}

} // namespace

std::string NameConstraints::judge(const Name& name, ComparisonBudget& budget) const {
  if (!budget.spend(permitted_.size() + excluded_.size()))
    return "more names and constraints than can be compared";
  const auto matches = [&](const Subtree& subtree, bool excluding) {
    return subtree.base.type == name.name.type
               ? match(name.name, name.directory, subtree.base, subtree.directory, excluding)
               : Match::No;
  };
  for (const auto& subtree : excluded_) {
    if (matches(subtree, true) != Match::No)
      return describe(name.name) + " is excluded";
  }
  bool constrained = false;
  bool permitted = false;
  for (const auto& subtree : permitted_) {
    constrained = constrained || subtree.base.type == name.name.type;
    permitted = permitted || matches(subtree, false) == Match::Yes;
  }
  return constrained && !permitted ? describe(name.name) + " is not permitted" : "";
}

std::string NameConstraints::broken_by(const DistinguishedName& subject,
                                       const std::vector<GeneralName>& names,
                                       ComparisonBudget& budget) const {
  if (!subject.empty()) {
    if (auto broken = judge({{Type::Directory, {}}, &subject}, budget); !broken.empty())
      return broken;
  }
  bool has_email = false;
  for (const auto& name : names) {
    has_email = has_email || name.type == Type::Email;
    const auto directory = name.type == Type::Directory ? read_directory(name.value) : std::nullopt;
    if (auto broken = judge({name, directory ? &*directory : nullptr}, budget); !broken.empty())
      return broken;
  }
  if (has_email)
    return {};
  for (const Bytes address : subject.email_addresses()) {
    if (auto broken = judge({{Type::Email, address}, nullptr}, budget); !broken.empty())
      return broken;
  }
  return {};
}

} // namespace ktls::tls
