// SPDX-License-Identifier: GPL-2.0-or-later
// The user of a filter, below its line a realm, and below that a name in a certificate.
#include "identity/user_template.hpp"

#include "identity.hpp"
#include "identity/user_name.hpp"

int fuzz_user_template(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  auto rest = fuzz::text_of(data, size);
  const auto take_line = [&] {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
  };
  const auto text = take_line();
  const auto user = identity::UserTemplate::parse(text, take_line());
  if (!user) {
    fuzz::must_be_clean(user.error());
    return 0;
  }
  auto peer = fuzz::some_person();
  if (const std::string name(rest); !name.empty()) {
    peer.upns = identity::Texts{name, "a" + name};
    peer.principals = peer.upns;
    peer.emails = {name};
    peer.dns_names = {name};
    peer.subject_attributes = {{"CN", name}, {"UID", name}};
  }
  const auto found = user->expand(peer);
  if (!found) {
    fuzz::must_be_clean(found.error());
    return 0;
  }
  for (const auto& [name, attribute] : *found) {
    fuzz::must_be_clean(attribute);
    fuzz::must(identity::flaw_of_user_name(name).empty(), "it can be the name of a user", name);
    const bool is_said = user->from() == identity::UserTemplate::From::Nothing;
    fuzz::must(is_said || name != "root", "no name in a certificate is the superuser's", name);
  }
  return 0;
}
