// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/library.hpp"

#include <fmt/format.h>
#include <gnutls/gnutls.h>

#include "tls/names.hpp"
#include "tls/psk.hpp"

namespace ktls::tls {

std::string_view library_version() {
  return gnutls_check_version(nullptr);
}

std::vector<std::string_view> hybrid_groups() {
  std::vector<std::string_view> found;
  for (const auto& group : group_names()) {
    if (group.registry.find("MLKEM") != std::string_view::npos &&
        gnutls_group_get_id(std::string(group.gnutls).c_str()) != GNUTLS_GROUP_INVALID)
      found.push_back(group.registry);
  }
  return found;
}

std::string describe_library() {
  const auto hybrids = hybrid_groups();
  return fmt::format(
      "GnuTLS {}: {}; pre-shared keys with {}", library_version(),
      hybrids.empty() ? "no post-quantum groups"
                      : fmt::format("post-quantum groups {}", fmt::join(hybrids, ", ")),
      can_use_psk_with_sha384() ? "SHA-256 and SHA-384"
                                : "SHA-256 only (those with SHA-384 need GnuTLS 3.8.11)");
}

} // namespace ktls::tls
