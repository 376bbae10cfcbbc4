// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/context.hpp"

#include "tls/context_parts.hpp"

namespace ktls::tls {

namespace {

// As client a share for the first group only: each costs a key pair, and a server that wants
// another group asks for it. Behind a post-quantum hybrid, which few have, one of a classical group
// too.
unsigned key_shares(gnutls_priority_st* priority, ipc::HandshakeRole role) {
  const unsigned* groups = nullptr;
  if (role != ipc::HandshakeRole::Client || gnutls_priority_group_list(priority, &groups) < 1)
    return 0;
  const char* first = gnutls_group_get_name(static_cast<gnutls_group_t>(groups[0]));
  const bool hybrid =
      first != nullptr && std::string_view(first).find("MLKEM") != std::string_view::npos;
  return hybrid ? GNUTLS_KEY_SHARE_TOP2 : GNUTLS_KEY_SHARE_TOP;
}

} // namespace

Context::Context(ipc::Profile profile, std::unique_ptr<Parts> parts)
    : profile_(std::move(profile)), parts_(std::move(parts)) {
  for (const auto& name : profile_.alpn)
    parts_->alpn.push_back(view(std::as_bytes(std::span(name))));
}
Context::~Context() = default;

Result<std::unique_ptr<Context>> Context::create(ipc::Profile profile, const Inventory& inventory,
                                                 bool limits_records) {
  auto priority = TRY(Priority::create(profile.priority));
  auto credentials = TRY(Credentials::create(profile, inventory));
  auto parts = std::make_unique<Parts>(std::move(priority), std::move(credentials));
  parts->limits_records = limits_records;
  const unsigned* versions = nullptr;
  const int count =
      gnutls_priority_protocol_list(parts->priority.parts().priority.get(), &versions);
  for (int i = 0; i < count; ++i) {
    parts->tls12 = parts->tls12 || versions[i] == GNUTLS_TLS1_2;
    parts->tls13 = parts->tls13 || versions[i] == GNUTLS_TLS1_3;
  }
  parts->key_shares = key_shares(parts->priority.parts().priority.get(), profile.role);
  const auto& trust = inventory.parts().trust_of(profile);
  parts->trust = trust.store;
  parts->names_authorities = !trust.named.empty();
  return std::unique_ptr<Context>(new Context(std::move(profile), std::move(parts)));
}

} // namespace ktls::tls
