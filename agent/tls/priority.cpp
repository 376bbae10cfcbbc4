// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/priority.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tls/gnutls_error.hpp"
#include "tls/library.hpp"
#include "tls/names.hpp"
#include "tls/priority_parts.hpp"

namespace ktls::tls {
namespace {

using Names = std::vector<std::string>; // GnuTLS's

Result<PriorityHandle> parse(const std::string* text) {
  gnutls_priority_t raw = nullptr;
  const char* wrong = nullptr;
  const int status =
      text == nullptr
          ? gnutls_priority_init(&raw, nullptr, nullptr)
          // behind the system's own string, whose limits for certificates stay in force
          : gnutls_priority_init2(&raw, text->c_str(), &wrong, GNUTLS_PRIORITY_INIT_DEF_APPEND);
  if (status < 0)
    return gnutls_error(text == nullptr ? "reading the system's crypto policy for GnuTLS"
                                        : "setting the priority " + *text,
                        status);
  return PriorityHandle(raw);
}

// GnuTLS names the file that it looks for, whether there is one or not.
bool has_policy_file() {
  const char* file = gnutls_get_system_config_file();
  return file != nullptr && (::access(file, F_OK) == 0 || errno != ENOENT);
}

template<class List, class NameOf>
Names names(gnutls_priority_t priority, List list, NameOf name_of) {
  const unsigned* numbers = nullptr;
  const int count = list(priority, &numbers);
  Names out;
  for (int i = 0; i < count; ++i) {
    if (const char* name = name_of(numbers[i]); name != nullptr)
      out.emplace_back(name);
  }
  return out;
}

// What the system's policy allows, in its order.
struct Policy {
  Names versions, ciphers, groups, signatures;
};
Result<Policy> system_policy() {
  const auto priority = TRY(parse(nullptr));
  gnutls_priority_st* p = priority.get();
  Policy policy;
  policy.versions = names(p, gnutls_priority_protocol_list, [](unsigned n) {
    return gnutls_protocol_get_name(static_cast<gnutls_protocol_t>(n));
  });
  policy.ciphers = names(p, gnutls_priority_cipher_list, [](unsigned n) {
    return gnutls_cipher_get_name(static_cast<gnutls_cipher_algorithm_t>(n));
  });
  policy.groups = names(p, gnutls_priority_group_list, [](unsigned n) {
    return gnutls_group_get_name(static_cast<gnutls_group_t>(n));
  });
  policy.signatures = names(p, gnutls_priority_sign_list, [](unsigned n) {
    return gnutls_sign_get_name(static_cast<gnutls_sign_algorithm_t>(n));
  });
  // Post-quantum hybrids that the library has but its built-in default leaves out. A policy file of
  // the system's is another matter: what it leaves out, it means.
  if (!has_policy_file()) {
    Names hybrids;
    for (const auto& group : hybrid_groups()) {
      for (const auto& name : gnutls_names(group_names(), group))
        hybrids.emplace_back(name);
    }
    std::erase_if(hybrids, [&](const std::string& name) {
      return std::find(policy.groups.begin(), policy.groups.end(), name) != policy.groups.end();
    });
    policy.groups.insert(policy.groups.begin(), hybrids.begin(), hybrids.end());
  }
  return policy;
}

template<class Wanted>
Names all_named(std::span<const Name> known, const Wanted& wanted) {
  Names out;
  for (const auto& registry : wanted) {
    for (const auto name : gnutls_names(known, registry))
      out.emplace_back(name);
  }
  return out;
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Those of `first` that are in `second` too, in the order of `first`.
Names both(const Names& first, const Names& second) {
  Names out;
  std::copy_if(first.begin(), first.end(), std::back_inserter(out),
               [&](const std::string& name) { return contains(second, name); });
  return out;
}

// What the profile wants, in its order, or all that is known here, in the policy's.
Names chosen(const Names& policy, std::span<const Name> known,
             const std::vector<std::string>& wanted) {
  if (!wanted.empty())
    return both(all_named(known, wanted), policy);
  Names all;
  for (const auto& name : known)
    all.emplace_back(name.gnutls);
  return both(policy, all);
}

Result<> append(std::string& priority, std::string_view prefix, const Names& names,
                std::string_view what) {
  if (names.empty())
    return invalid(fmt::format("no {} is left that GnuTLS {} has and the system's crypto policy, "
                               "the kernel and the configuration allow",
                               what, library_version()));
  for (const auto& name : names)
    priority += fmt::format(":+{}{}", prefix, name);
  return {};
}

Names versions(const Policy& policy, const PriorityRequest& request) {
  Names wanted;
  if (request.tls13)
    wanted.emplace_back("TLS1.3");
  if (request.tls12)
    wanted.emplace_back("TLS1.2");
  return both(wanted, policy.versions);
}

} // namespace

Result<std::string> priority_for(const PriorityRequest& request) {
  const auto policy = TRY(system_policy());
  const auto kernel = all_named(suite_names(), request.kernel_suites);
  const bool psk = request.authentication == ipc::Authentication::PreSharedKey;
  std::string text = "-VERS-ALL";
  TRY(append(text, "VERS-", versions(policy, request), "version of TLS"));
  text += ":-CIPHER-ALL";
  TRY(append(text, "", both(chosen(policy.ciphers, cipher_names(), request.ciphers), kernel),
             "cipher"));
  text += ":-GROUP-ALL";
  TRY(append(text, "GROUP-", chosen(policy.groups, group_names(), request.groups), "group"));
  text += ":-SIGN-ALL";
  TRY(append(text, "SIGN-",
             chosen(policy.signatures, signature_names(), request.signature_algorithms),
             "signature algorithm"));
  text += ":-MAC-ALL:+AEAD:-COMP-ALL:+COMP-NULL:-KX-ALL";
  // only what is forward secret
  text += psk ? ":+ECDHE-PSK" : ":+ECDHE-ECDSA:+ECDHE-RSA";
  TRY(parse(&text));
  return text;
}

Priority::Priority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Priority::Priority(Priority&&) noexcept = default;
Priority& Priority::operator=(Priority&&) noexcept = default;
Priority::~Priority() = default;

Result<Priority> Priority::create(const std::string& text) {
  auto priority = TRY(parse(&text));
  return Priority(std::make_unique<Parts>(Parts{std::move(priority)}));
}

} // namespace ktls::tls
